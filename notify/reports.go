package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of deliveries about monthly reports. That to a customer, and the card, are the clerk's own kinds.
const (
	KindReportFile = "report.file" // the file, ahead of the card
	KindReportCard = "report.card" // to who may release it, with a button
	KindReport     = "report"      // to customers; also the name of a template
)

// Reports is the job that makes the report of the last month for each key customer, on the first working day of a month, and asks who is
// responsible for the customer to release it.
type Reports struct {
	List interface {
		// ReportFigures returns the figures of a customer's orders from one moment until before another.
		ReportFigures(ctx context.Context, customer orders.CustomerCode, from, until time.Time) (orders.ReportFigures, error)
		// Reported returns the customers that have a report of a month (yyyy-mm).
		Reported(ctx context.Context, month string) (map[orders.CustomerCode]bool, error)
	}
	Store interface {
		// Do runs a transaction. f may be run more than once.
		Do(ctx context.Context, f func(ReportTx) error) error
	}
	Desk      *orders.Desk
	Signer    *cards.Signer
	Platforms map[orders.Platform]bool
	Keys      []string // levels and types of the customers that get one
	Wake      func()   // called after a round that made one; may be nil
}

// ReportTx is one transaction of the job.
type ReportTx interface {
	orders.ReportTx
	// Send puts deliveries into the outbox; one whose key is there already changes nothing.
	Send(d ...orders.Delivery) error
}

// reportDays is on how many working days of a month reports of the last one are made: the first, and those that make up for what was
// missed.
const reportDays = 3

// Job returns the job, to be run every few minutes.
func (r *Reports) Job(every time.Duration) Job {
	return Job{Name: "reports", Every: every, Do: r.Round}
}

// Round makes what is missing, in working hours. A customer whose turn fails is tried again next round and keeps no other from theirs.
func (r *Reports) Round(ctx context.Context) error {
	now, cat := r.Desk.Now().In(beijing), r.Desk.Catalog()
	if hour := now.Hour(); hour < dayBegins || hour >= dayEnds || !isReportDay(cat.Calendar, now) {
		return nil
	}
	from, until := orders.LastMonth(now)
	done, err := r.List.Reported(ctx, from.Format("2006-01"))
	if err != nil {
		return err
	}
	var failed []error
	made := false
	for _, c := range cat.Customers() {
		if done[c.Code] || !slices.Contains(r.Keys, c.Level) && !slices.Contains(r.Keys, c.Type) {
			continue
		}
		isNew, err := r.make(ctx, cat, c, from, until, now)
		if err != nil {
			failed = append(failed, fmt.Errorf("report of %s: %w", c.Code, err))
		}
		made = made || isNew
	}
	if made && r.Wake != nil {
		r.Wake()
	}
	return errors.Join(failed...)
}

// isReportDay tells whether a moment is on one of the first working days of its month.
func isReportDay(cal *orders.Calendar, now time.Time) bool {
	if !cal.IsWorkday(now) {
		return false
	}
	n := 0
	for day := 1; day <= now.Day(); day++ {
		if cal.IsWorkday(now.AddDate(0, 0, day-now.Day())) {
			n++
		}
	}
	return n <= reportDays
}

// make makes a customer's report, where there is something to report, and lays it before who may release it.
func (r *Reports) make(ctx context.Context, cat *orders.Catalog, c *orders.Customer, from, until, now time.Time) (isNew bool, err error) {
	f, err := r.List.ReportFigures(ctx, c.Code, from, until)
	if err != nil || !orders.HasFigures(f.Indicators()) {
		return false, err
	}
	before, err := r.List.ReportFigures(ctx, c.Code, from.AddDate(0, -1, 0), from)
	if err != nil {
		return false, err
	}
	err = r.Store.Do(ctx, func(tx ReportTx) error {
		var report *orders.HealthReport
		if report, isNew, err = r.Desk.MakeReport(tx, c, from, f.Indicators(), before.Indicators()); err != nil || !isNew {
			return err
		}
		file, card := cards.Message{File: cards.ReportFile(report)}, cards.ReportCard(r.Signer, report)
		for _, chat := range r.responsible(cat, c) {
			key := fmt.Sprintf("%d:%s:%s", report.ID, chat.Platform, chat.ID)
			if err := tx.Send(
				orders.Delivery{Key: KindReportFile + ":" + key, Chat: chat, Kind: KindReportFile, Body: body(file), Created: now},
				orders.Delivery{Key: KindReportCard + ":" + key, Chat: chat, Kind: KindReportCard, Body: body(card), Created: now},
			); err != nil {
				return err
			}
		}
		return nil
	})
	return isNew, err
}

// responsible are the chats of who is asked to release a customer's report: its salesperson, else the sales managers, else the overseers.
func (r *Reports) responsible(cat *orders.Catalog, c *orders.Customer) []orders.Chat {
	for _, who := range [][]*orders.Staff{{cat.SalesOf(c)}, cat.StaffWith(orders.RoleSalesManager), overseers(cat)} {
		var out []orders.Chat
		for _, s := range who {
			if s == nil || cat.MayReport(orders.Actor{Staff: s}, c) != nil {
				continue
			}
			if chat, ok := reach(s, r.Platforms, staffPlatforms...); ok {
				out = append(out, chat)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// lostReport tells who released a report that it did not reach somebody of the customer: their code is the last part of its key.
func (s *Sender) lostReport(d *orders.Delivery, now time.Time) []orders.Delivery {
	cat := s.o.Catalog()
	who := cat.StaffByCode(orders.StaffCode(d.Key[strings.LastIndex(d.Key, ":")+1:]))
	if who == nil {
		return nil
	}
	chat, ok := reach(who, s.platforms, staffPlatforms...)
	if !ok {
		return nil
	}
	var m cards.Message
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return nil // our own
	}
	title, _, _ := strings.Cut(m.Text, "\n")
	return []orders.Delivery{{
		Key: d.Key + ":lost", Chat: chat, Kind: KindTold, Created: now,
		Body: body(cards.Message{Text: title + "：没能送到一位绑定的客户（48 小时内没来过消息，又没有设置通知模板，或者已经取消关注）。请客户在服务号里发「健康报告」，就能看到。"}),
	}}
}
