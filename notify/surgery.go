package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of deliveries about surgery plans. A draft's card is the clerk's own kind, so that its buttons are redrawn.
const (
	KindSurgery    = "surgery" // to the hospital's salesperson
	kindDraftLines = "draft.lines"
	kindDraftCard  = "draft.card"
)

// surgery tells the hospital's salesperson what has happened to a plan: with the draft where there is one to confirm.
func (n *news) surgery() error {
	what := n.e.Data["what"]
	if what == orders.SurgeryUnread {
		m := cards.Message{Text: n.e.Data["text"] + "\n" + n.e.Data["form"]}
		n.toSurgeon(n.cat.SalesOf(n.cat.Customer(orders.CustomerCode(n.e.Data["customer"]))), m)
		return nil
	}
	id, err := strconv.ParseInt(n.e.Data["surgery"], 10, 64)
	if err != nil {
		return fmt.Errorf("event of no surgery plan: %w", err)
	}
	p, err := n.tx.Surgery(id)
	if err != nil {
		return err
	}
	sales := n.cat.SalesOf(n.cat.Customer(p.Customer))
	if n.o != nil && n.o.Sales != "" {
		sales = n.cat.StaffByCode(n.o.Sales)
	}
	text := cards.SurgeryNews(p, n.o, what, n.e.Data["source"], n.now)
	isDraft := n.o != nil && n.o.Status == orders.StatusDraft && (what == orders.SurgeryDraft || what == orders.SurgeryMoved)
	switch {
	case what == orders.SurgeryDraft && !isDraft, (n.o == nil || what == orders.SurgeryJoined) && sales != nil && n.e.Actor == string(sales.Code):
		return nil // it is settled already, or they have the clerk's answer
	case isDraft && sales != nil:
		if chat, ok := reach(sales, n.d.o.Platforms, staffPlatforms...); ok {
			return n.draft(chat, sales, text)
		}
	}
	n.toSurgeon(sales, cards.Message{Text: text})
	return nil
}

// toSurgeon tells the salesperson of a hospital, or the overseers where there is none who can be reached.
func (n *news) toSurgeon(sales *orders.Staff, m cards.Message) {
	if sales == nil || !n.tell(sales, KindSurgery, m, staffPlatforms...) {
		n.toOverseers(KindSurgery, m)
	}
}

// draft shows a draft to its salesperson, as the clerk does.
func (n *news) draft(chat orders.Chat, to *orders.Staff, note string) error {
	v := cards.DraftView{Customer: n.cat.Customer(n.o.Customer), Note: note}
	var err error
	if v.Exposure, err = n.tx.HoldCredit(n.o.Customer, 0); err != nil {
		return err
	}
	if v.Link, err = n.page(); err != nil {
		return err
	}
	for i, m := range cards.Draft(n.d.o.Signer, n.o, v) {
		kind := kindDraftLines
		if m.Card != nil {
			kind = kindDraftCard
		}
		n.put(chat, fmt.Sprintf("%s:%d", to.Code, i+1), kind, m)
	}
	return nil
}

// Surgeries is the job that makes the drafts of surgery plans when their time has come.
type Surgeries struct {
	List interface {
		// DueSurgeries returns the plans that the clock has to look at, the longest due first.
		DueSurgeries(ctx context.Context, now time.Time, n int) ([]int64, error)
	}
	Store Store
	Desk  *orders.Desk
	Wake  func() // called after a round that did something; may be nil
}

// surgeriesAtOnce is how many plans one round looks at.
const surgeriesAtOnce = 100

// Job returns the job, to be run every few seconds.
func (s *Surgeries) Job(every time.Duration) Job {
	return Job{Name: "surgeries", Every: every, Do: s.Round}
}

// Round does what is due about surgery plans, each in a transaction of its own.
func (s *Surgeries) Round(ctx context.Context) error {
	due, err := s.List.DueSurgeries(ctx, s.Desk.Now(), surgeriesAtOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	var failed []error // one that fails does not hold up the others
	for _, id := range due {
		if err := s.Store.Do(ctx, func(tx Tx) error { return s.Desk.DraftSurgery(tx, id) }); err != nil {
			failed = append(failed, fmt.Errorf("surgery plan %d: %w", id, err))
		}
	}
	if s.Wake != nil {
		s.Wake()
	}
	return errors.Join(failed...)
}
