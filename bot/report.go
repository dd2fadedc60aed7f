package bot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
)

const cmdReport verb = "report" // 健康报告 客户 2026-10

// The kinds of messages about reports.
const (
	KindReportCard = "report.card" // to who may release one, with a button
	KindReport     = "report"      // to customers; also the name of a template
)

// saysReport fits a wish for a customer's monthly report, or for its release: 健康报告 C001 2026-10, 放行健康报告 C001 10月. The groups are
// the release, the customer and the month.
var saysReport = regexp.MustCompile(`^(放行)?(?:订单)?健康(?:度)?报告(?:[ :]+(\S.*?))??[ :]*((?:(?:\d{4}|今|去|明)年)?\d{1,2}月份?|\d{4}-\d{1,2}|上个?月|本月|这个?月)?$`)

// parseReport finds a wish for a report.
func parseReport(text string) (command, bool) {
	text = strings.Trim(norm.NFKC.String(invisible.Replace(text)), edges)
	ids, _ := orders.FindOrderIDs(text)
	if !saysReport.MatchString(text) || strings.ContainsRune(text, '\n') || len(ids) > 0 {
		return command{}, false
	}
	return command{verb: cmdReport, arg: text}, true
}

// report shows a customer's monthly report to who may release it, or releases it; customers get those of theirs that were released. It
// returns false where the words are about something else.
func (s *session) report(ctx context.Context, tx Tx, text string) (bool, error) {
	m := saysReport.FindStringSubmatch(text)
	release, name, words := m[1] != "", strings.Trim(m[2], edges), m[3]
	if s.person.staff == nil {
		if release {
			return false, nil
		}
		return s.ownReport(tx, name, words)
	}
	if name == "" {
		return true, orders.Errorf(orders.CodeInvalid, "请带上客户，例如「%s健康报告 C001 %s」", m[1], s.lastMonth())
	}
	c, err := s.customerNamed(name)
	if err != nil && words == "" && !release {
		return false, nil // nobody's name: read like any other sentence
	}
	if err == nil {
		err = s.books.Catalog.MayReport(s.person.actor(), c)
	}
	if err != nil {
		return true, err
	}
	if err := s.alone("健康报告"); err != nil {
		return true, err
	}
	if words == "" {
		words = "上月"
	}
	from, until, err := s.month(words, "健康报告 "+string(c.Code)+" 10月", "没有报告")
	if err != nil {
		return true, err
	}
	if until.After(s.now) {
		return true, orders.Errorf(orders.CodeConflict, "%s还没过完，报告从 %s起能出。现在的数字可以发「健康度 月」看", from.Format("2006年1月"), until.Format("1月2日"))
	}
	if release {
		r, err := tx.ReportOf(c.Code, from.Format("2006-01"))
		if err != nil {
			return true, err
		}
		if r == nil {
			return true, orders.Errorf(orders.CodeConflict, "%s 的 %s健康报告还没有出，没有放行。先发「健康报告 %s %s」看过再放行", c.Name, from.Format("2006年1月"), c.Code, from.Format("2006-01"))
		}
		return true, s.releaseReport(tx, r.ID, 0)
	}
	f, err := s.clerk.Query.ReportFigures(ctx, c.Code, from, until)
	if err != nil {
		return true, err
	}
	before, err := s.clerk.Query.ReportFigures(ctx, c.Code, from.AddDate(0, -1, 0), from)
	if err != nil {
		return true, err
	}
	figures := f.Indicators()
	if !orders.HasFigures(figures) {
		s.say(fmt.Sprintf("%s 在 %s没有订单往来，没有报告可出", c.Name, from.Format("2006年1月")))
		return true, nil
	}
	r, _, err := s.clerk.Desk.MakeReport(tx, c, from, figures, before.Indicators())
	if err != nil {
		return true, err
	}
	s.send(cards.Message{File: cards.ReportFile(r)}, "report.file", "")
	s.send(cards.ReportCard(s.clerk.Signer, r), KindReportCard, "")
	return true, nil
}

// lastMonth is the last month that is over, as people write it in commands.
func (s *session) lastMonth() string {
	from, _ := orders.LastMonth(s.now)
	return from.Format("2006-01")
}

// releaseReport sends a report to everybody who is bound to its customer in the service account; version 0 is whatever it is now. Where nobody
// is, it is not released.
func (s *session) releaseReport(tx Tx, id int64, version int) error {
	if s.person.staff == nil {
		return orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
	}
	r, err := s.clerk.Desk.ReleaseReport(tx, id, version, s.person.actor())
	if err != nil {
		return err
	}
	bindings, err := tx.BindingsOf(r.Customer)
	if err != nil {
		return err
	}
	m := cards.ReportForCustomer(r, s.reportLink(r))
	sent := 0
	for _, b := range bindings {
		if b.Platform != orders.ServiceAccount {
			continue // in 微信客服 nobody can be written to unasked
		}
		if err := tx.Send(orders.Delivery{
			Key: reportKey(r, b, s.person.staff), Chat: orders.Chat{Platform: b.Platform, ID: b.Person}, Kind: KindReport, Body: body(m), Created: s.now,
		}); err != nil {
			return err
		}
		sent++
	}
	if sent == 0 {
		return orders.Errorf(orders.CodeConflict, "%s 还没有人绑定服务号，报告没有发出，也没有放行。请先发「绑定码 %s」让客户绑定，再放行", r.Name, r.Customer)
	}
	text := fmt.Sprintf("已放行：%s 的 %s健康报告，发给服务号里绑定的 %d 人。", r.Name, r.MonthName(), sent)
	if s.clerk.ReportURL == nil {
		text += "没有设置公网地址，客户收到的是文字，没有 PDF。"
	}
	s.say(text)
	return nil
}

// reportKey names a report's delivery to one person. Its last part is who released it: they hear of it when it does not arrive.
func reportKey(r *orders.HealthReport, b orders.Binding, by *orders.Staff) string {
	return "report:" + strconv.FormatInt(r.ID, 10) + ":b" + strconv.FormatInt(b.ID, 10) + ":" + string(by.Code)
}

// reportLink is the address of a report's file, "" where none can be reached.
func (s *session) reportLink(r *orders.HealthReport) string {
	if s.clerk.ReportURL == nil {
		return ""
	}
	return s.clerk.ReportURL(r.Token)
}

// ownReport gives a customer a report of theirs that was released. Without a month it is the last one.
func (s *session) ownReport(tx Tx, name, words string) (bool, error) {
	var of []*orders.Customer
	for _, code := range s.person.customers {
		if c := s.books.Catalog.Customer(code); c != nil && (name == "" || strings.Contains(c.Name, name)) {
			of = append(of, c)
		}
	}
	if len(of) == 0 {
		return false, nil
	}
	if words == "" {
		words = "上月"
	}
	from, _, err := s.month(words, "健康报告 10月", "没有报告")
	if err != nil {
		return true, err
	}
	for _, c := range of {
		r, err := tx.ReportOf(c.Code, from.Format("2006-01"))
		if err != nil {
			return true, err
		}
		if r == nil || !r.Released() {
			s.say(fmt.Sprintf("%s 的 %s健康报告还没有，有需要请联系您的业务员。", c.Name, from.Format("2006年1月")))
			continue
		}
		s.send(cards.ReportForCustomer(r, s.reportLink(r)), "reply", "")
	}
	return true, nil
}

// settledReport draws the card of a report anew; nil leaves it as it is.
func (s *session) settledReport(tx Tx, a cards.Action) (*cards.Card, error) {
	if s.person.staff == nil {
		return nil, nil
	}
	r, err := tx.Report(int64(a.Node))
	switch {
	case orders.ErrorCode(err) == orders.CodeNotFound:
		return nil, nil // a card of another database
	case err != nil:
		return nil, err
	}
	if c := s.books.Catalog.Customer(r.Customer); c != nil && r.Released() && s.books.Catalog.MayReport(s.person.actor(), c) == nil {
		return cards.ReportSettled(r).Card, nil
	}
	return nil, nil
}
