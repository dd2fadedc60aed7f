package bot

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
)

const cmdStatement verb = "statement" // 对账 8月

// saysStatement fits a wish for a statement: 对账 8月, 对账 康民药房 2026年3月. The groups are the customer and the month.
var saysStatement = regexp.MustCompile(`^(?:对账单?|对帐单?)(?:[ :]+(\S.*?))??[ :]*((?:(?:\d{4}|今|去|明)年)?\d{1,2}月份?|\d{4}-\d{1,2}|上个?月|本月|这个?月)?$`)

// monthWords fits a month in words; the groups are year and number.
var monthWords = regexp.MustCompile(`^(?:(\d{4}|今|去|明)年)?(\d{1,2})月份?$|^(\d{4})-(\d{1,2})$`)

// parseStatement finds a wish for a statement.
func parseStatement(text string) (command, bool) {
	text = strings.Trim(norm.NFKC.String(invisible.Replace(text)), edges)
	ids, _ := orders.FindOrderIDs(text)
	if !saysStatement.MatchString(text) || strings.ContainsRune(text, '\n') || len(ids) > 0 {
		return command{}, false
	}
	return command{verb: cmdStatement, arg: text}, true
}

// month returns the month that words mean, from its first moment to that of the next, by the firm's clock. One without a year is the
// last of its number; "" is the present one. An error says how to write it, and what can't be done with one that has not come.
func (s *session) month(words, example, nothing string) (from, until time.Time, err error) {
	now := s.now.In(s.clerk.Location)
	first := func(year int, month time.Month) time.Time {
		return time.Date(year, month, 1, 0, 0, 0, 0, s.clerk.Location)
	}
	from = first(now.Year(), now.Month())
	switch m := monthWords.FindStringSubmatch(words); {
	case m != nil:
		year, _ := strconv.Atoi(m[1] + m[3])
		number, _ := strconv.Atoi(m[2] + m[4])
		if number < 1 || number > 12 {
			return from, until, orders.Errorf(orders.CodeInvalid, "没有 %d 月，请写例如「%s」", number, example)
		}
		switch m[1] {
		case "今":
			year = now.Year()
		case "去":
			year = now.Year() - 1
		case "明":
			year = now.Year() + 1
		}
		from = first(year, time.Month(number))
		if m[1]+m[3] == "" {
			if from = first(now.Year(), time.Month(number)); from.After(now) {
				from = first(now.Year()-1, time.Month(number))
			}
		}
	case strings.HasPrefix(words, "上"):
		from = from.AddDate(0, -1, 0)
	}
	if from.After(now) {
		return from, until, orders.Errorf(orders.CodeInvalid, "%s还没到，%s", from.Format("2006年1月"), nothing)
	}
	return from, from.AddDate(0, 1, 0), nil
}

// statement shows a customer's statement of a month: to the customer its own, to finance anybody's, to others of the staff those of their
// customers. It returns false where the words are about something else.
func (s *session) statement(ctx context.Context, cmd command) (bool, error) {
	m := saysStatement.FindStringSubmatch(cmd.arg)
	name, words := strings.Trim(m[1], edges), m[2]
	var of []*orders.Customer
	if s.person.staff == nil {
		for _, code := range s.person.all() {
			c := s.books.Catalog.Customer(code)
			if c != nil && (name == "" || strings.Contains(c.Name, name)) {
				of = append(of, c)
			}
		}
		if len(of) == 0 { // somebody else's, or no wish for a statement
			return false, nil
		}
	} else {
		if name == "" {
			return true, orders.Errorf(orders.CodeInvalid, "请带上客户，例如「对账 C001 8月」")
		}
		c, err := s.customerNamed(name)
		if err != nil && words == "" {
			return false, nil // nobody's name: read like any other sentence
		}
		if err != nil {
			return true, err
		}
		if !s.person.staff.Has(cashiers...) && (!s.mayTeach(c) || s.person.staff.May(orders.RightPrices) != orders.ScopeAll) {
			return true, orders.Errorf(orders.CodeDenied, "客户 %s 不是您负责的，看不了", c.Name)
		}
		if err := s.alone("对账单"); err != nil {
			return true, err
		}
		of = append(of, c)
	}
	from, until, err := s.month(words, "对账 8月", "没有账可对")
	if err != nil {
		return true, err
	}
	forCustomer := s.person.staff == nil
	hasFile := s.in.Platform != orders.ServiceAccount // which takes pictures only
	for _, c := range of {
		st, err := s.clerk.Query.Statement(ctx, c.Code, from, until)
		if err != nil {
			return true, err
		}
		s.inquiry(c.Code, false)
		s.send(cards.Statement(st, c, forCustomer, hasFile), "reply", "")
		if !hasFile {
			continue
		}
		file, err := cards.StatementFile(st, c, forCustomer)
		if err != nil {
			return true, err
		}
		s.send(cards.Message{File: file}, "statement", "")
	}
	return true, nil
}
