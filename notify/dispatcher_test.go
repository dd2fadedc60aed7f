package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/orders"
)

// routes chooses the same chain for every order.
type routes []orders.Role

func (r routes) Route(orders.Facts) (orders.Route, error) {
	route := orders.Route{Name: "规则"}
	for _, role := range r {
		route.Steps = append(route.Steps, orders.RouteStep{Role: role})
	}
	return route, nil
}

func (routes) Check(orders.Facts) ([]orders.Finding, error) { return nil, nil }

func (routes) Destinations(orders.Facts) (orders.Destinations, error) {
	return orders.Destinations{}, nil
}

func (routes) Classes(orders.Facts) ([]orders.Class, error) { return nil, nil }

func (routes) Priority(orders.Facts) (int, []string, error) { return 0, nil, nil }

func (routes) Freight(orders.Facts) (orders.Freight, error) { return orders.Freight{}, nil }

func (routes) Triggers(orders.Moment, orders.Facts) ([]orders.Trigger, error) { return nil, nil }

// firm is an office with an order desk and a dispatcher that is run by hand.
type firm struct {
	*memory
	now        time.Time
	people     []orders.Staff
	desk       *orders.Desk
	dispatcher *notify.Dispatcher
	platforms  map[orders.Platform]bool
	reg        *prometheus.Registry
	sent       int // how often the sender was woken
}

func newFirm(chain ...orders.Role) *firm {
	f := &firm{memory: newMemory(), now: time.Date(2026, 3, 11, 9, 0, 0, 0, beijing), people: staff}
	f.platforms = map[orders.Platform]bool{orders.WeCom: true, orders.DingTalk: true, orders.KF: true, orders.ServiceAccount: true}
	f.desk = &orders.Desk{
		Catalog: f.catalog, Rules: func() orders.Rules { return routes(chain) }, Now: func() time.Time { return f.now }, Follow: true,
		Times: orders.Times{
			DraftExpires: 24 * time.Hour, ReservationExpires: 24 * time.Hour, ApprovalLimit: 4 * time.Hour,
			UrgentRepeat: 3 * time.Minute, Polling: []time.Duration{2 * time.Hour, 4 * time.Hour},
		},
	}
	f.dispatcher = f.newDispatcher(nil)
	return f
}

func (f *firm) catalog() *orders.Catalog {
	return orders.NewCatalog(*catalog().Master, f.people, nil, 1)
}

func (f *firm) newDispatcher(tracker *notify.Tracker) *notify.Dispatcher {
	m, reg := metrics()
	f.reg = reg
	return notify.NewDispatcher(notify.DispatcherOptions{
		Outbox: f.memory, Store: f.memory, Catalog: f.catalog, Signer: cards.NewSigner([]byte("key")), Platforms: f.platforms,
		PageURL: func(token string) string { return "https://orders.example.com/o/" + token },
		Tracker: tracker, Desk: f.desk, Metrics: m, Now: func() time.Time { return f.now }, Logger: quiet(), Sent: func() { f.sent++ },
	})
}

// dispatch handles all events that are due, and what they lead to.
func (f *firm) dispatch(t *testing.T) {
	t.Helper()
	for {
		events, err := f.ClaimEvents(t.Context(), f.now, time.Minute, 100)
		require.NoError(t, err)
		if len(events) == 0 {
			return
		}
		for _, e := range events {
			f.dispatcher.Handle(t.Context(), e)
		}
	}
}

// pass lets time go by, and the clock do what is due.
func (f *firm) pass(t *testing.T, d time.Duration) {
	t.Helper()
	for end := f.now.Add(d); f.now.Before(end); {
		f.now = f.now.Add(min(time.Minute, end.Sub(f.now)))
		m, _ := metrics()
		job := &notify.Deadlines{Outbox: f.memory, Store: f.memory, Desk: f.desk, Metrics: m, Logger: quiet()}
		require.NoError(t, job.Round(t.Context()))
		f.dispatch(t)
	}
}

func (f *firm) actor(t *testing.T, code orders.StaffCode) orders.Actor {
	t.Helper()
	s := f.catalog().StaffByCode(code)
	require.NotNil(t, s)
	return orders.Actor{Code: string(code), Name: s.Name, Staff: s, Channel: orders.DingTalk}
}

var (
	wang   = orders.Source{Chat: orders.Chat{Platform: orders.WeCom, ID: "w-wang"}, Sender: "w-wang"}
	client = orders.Source{Chat: orders.Chat{Platform: orders.KF, ID: "kf1 wm1"}, Sender: "wm1"}
)

// draft places a draft of S1's.
func (f *firm) draft(t *testing.T, change func(o *orders.Order)) orders.OrderID {
	t.Helper()
	o := &orders.Order{
		Customer: "C001", CustomerName: "仁和医院", Sales: "S1", Source: wang, Address: "宁波市江东路 1 号", Phone: "13800001111",
		Lines: []orders.Line{
			{Product: "P001", Unit: "根", Quantity: decimal.NewFromInt(500), Base: decimal.NewFromInt(500)},
			{Product: "P002", Unit: "支", Quantity: decimal.NewFromInt(20), Base: decimal.NewFromInt(20)},
		},
	}
	if change != nil {
		change(o)
	}
	f.must(t, func(tx notify.Tx) error { return f.desk.Place(tx, o, f.actor(t, "S1")) })
	return o.ID
}

// place places an order and has everybody told.
func (f *firm) place(t *testing.T, change func(o *orders.Order)) orders.OrderID {
	t.Helper()
	id := f.draft(t, change)
	f.must(t, func(tx notify.Tx) error {
		_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
		return err
	})
	f.dispatch(t)
	return id
}

func (f *firm) decide(t *testing.T, id orders.OrderID, by orders.StaffCode, approve bool, reason string) {
	t.Helper()
	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Decide(tx, id, 0, 0, approve, reason, f.actor(t, by))
		return err
	})
	f.dispatch(t)
}

// sentAs returns the chats that got messages of a kind, oldest first.
func (f *firm) sentAs(kind string) []string {
	var out []string
	for _, d := range f.all() {
		if d.Kind == kind {
			out = append(out, d.Chat.ID)
		}
	}
	return out
}

// text returns the text of the newest message of a kind to a chat.
func (f *firm) text(t *testing.T, kind, chat string) string {
	t.Helper()
	text := ""
	for _, d := range f.all() {
		if d.Kind == kind && d.Chat.ID == chat {
			text = messageOf(t, d).Text
		}
	}
	require.NotEmpty(t, text, "%s to %s", kind, chat)
	return text
}

func messageOf(t *testing.T, d orders.Delivery) cards.Message {
	t.Helper()
	var m cards.Message
	require.NoError(t, json.Unmarshal(d.Body, &m))
	return m
}

// feature: NT-12
func TestEveryApproverGetsACardAndEveryCopyIsSettled(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager, orders.RoleCFO)
	id := f.place(t, nil)
	require.Equal(t, []string{"d-manager", "w-manager2"}, f.sentAs(notify.KindApproval), "DingTalk first, WeCom where there is no account")
	require.Contains(t, f.text(t, notify.KindApproval, "d-manager"), "同意 "+string(id))
	require.Equal(t, 1, f.sent)

	f.decide(t, id, "M1", true, "")
	settled := f.all()
	require.Equal(t, []string{"d-manager", "w-manager2"}, f.sentAs(notify.KindApprovalSettled))
	for _, d := range settled {
		if d.Kind == notify.KindApprovalSettled {
			require.Equal(t, d.Chat, settled[d.Update-1].Chat)
			require.Contains(t, messageOf(t, d).Card.Settled, "王敏 3月11日 09:00")
			require.Contains(t, messageOf(t, d).Card.Settled, "已同意")
		}
	}
	require.Equal(t, []string{"d-manager", "w-manager2", "d-cfo"}, f.sentAs(notify.KindApproval))
	require.Contains(t, f.text(t, notify.KindDecided, "w-wang"), "财务总监", "the salesperson hears whose turn it is")

	f.decide(t, id, "C1", false, "账期未清")
	require.Equal(t, []string{"d-manager", "w-manager2", "d-cfo"}, f.sentAs(notify.KindApprovalSettled), "copies of the first node stay as they are")
	require.Contains(t, f.text(t, notify.KindApprovalSettled, "d-cfo"), "账期未清")
	require.Contains(t, f.text(t, notify.KindDecided, "w-wang"), "账期未清")
	require.Empty(t, f.openEvents())
}

func TestACardThatItsOwnClickHasSettledIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.place(t, nil)
	f.must(t, func(tx notify.Tx) error { // as the clerk does for a click in WeCom, in the click's transaction
		if _, err := f.desk.Decide(tx, id, 0, 0, true, "", f.actor(t, "M2")); err != nil {
			return err
		}
		copies, err := tx.DeliveriesOf(id, notify.KindApproval)
		if err != nil {
			return err
		}
		d := card(notify.KindApprovalSettled, "click", orders.WeCom, "w-manager2")
		d.Order, d.Update, d.Code = id, copies[1].ID, "code"
		return tx.Send(d)
	})
	f.dispatch(t)
	require.Equal(t, []string{"w-manager2", "d-manager"}, f.sentAs(notify.KindApprovalSettled))
}

// feature: NT-12
func TestAnApprovalThatReachesNobodyIsNotStuckInSilence(t *testing.T) {
	t.Parallel()
	for name, people := range map[string]func(s *orders.Staff){
		"the holder has no account": func(s *orders.Staff) {
			if s.Code == "C1" {
				s.DingTalk = ""
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(orders.RoleCFO)
			f.people = append([]orders.Staff(nil), staff...)
			for i := range f.people {
				people(&f.people[i])
			}
			id := f.place(t, nil)
			require.Empty(t, f.sentAs(notify.KindApproval))
			require.Equal(t, []string{"w-ops", "w-wang"}, f.sentAs(notify.KindStuck))
			require.Contains(t, f.text(t, notify.KindStuck, "w-ops"), "财务总监")
			require.Equal(t, orders.StaffCode("S1"), f.order(id).Sales)

			f.pass(t, 4*time.Hour+time.Minute)
			require.Equal(t, []string{"w-ops"}, f.sentAs(notify.KindApproval), "after the time limit the overseers may decide")
			f.decide(t, id, "O1", true, "")
			require.Equal(t, orders.StatusAllocated, f.order(id).Status)
		})
	}
}

// A role that nobody holds is decided at once by whoever it would be passed on to.
func TestAVacantApproversRole(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleCFO)
	f.people = append([]orders.Staff(nil), staff...)
	for i := range f.people {
		if f.people[i].Code == "C1" {
			f.people[i].Roles = []orders.Role{orders.RoleFinance}
		}
	}
	id := f.place(t, nil)
	require.Equal(t, []string{"w-ops"}, f.sentAs(notify.KindApproval))
	f.decide(t, id, "O1", true, "")
	require.Equal(t, orders.StatusAllocated, f.order(id).Status)
}

// together chooses a step that all of the roles decide at once.
type together []orders.Role

func (r together) Route(orders.Facts) (orders.Route, error) {
	route := orders.Route{Name: "会签"}
	for _, role := range r {
		route.Steps = append(route.Steps, orders.RouteStep{Role: role, Stage: 1})
	}
	return route, nil
}

func (together) Check(orders.Facts) ([]orders.Finding, error) { return nil, nil }

func (together) Destinations(orders.Facts) (orders.Destinations, error) {
	return orders.Destinations{}, nil
}

func (together) Classes(orders.Facts) ([]orders.Class, error) { return nil, nil }

func (together) Priority(orders.Facts) (int, []string, error) { return 0, nil, nil }

func (together) Freight(orders.Facts) (orders.Freight, error) { return orders.Freight{}, nil }

func (together) Triggers(orders.Moment, orders.Facts) ([]orders.Trigger, error) { return nil, nil }

// A person's consent counts for one role of a step. What is left goes to those above, and where they are the
// same people, or none, it is not stuck in silence.
//
// feature: AP-23
func TestAStepWhoseOnlyPersonHasConsented(t *testing.T) {
	t.Parallel()
	for name, hasAnother := range map[string]bool{"another above": true, "nobody above": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm()
			f.desk.Rules = func() orders.Rules { return together{orders.RoleFinance, orders.RoleCFO} }
			f.people = append([]orders.Staff(nil), staff...)
			for i := range f.people {
				switch p := &f.people[i]; {
				case p.Code == "C1":
					p.Roles = []orders.Role{orders.RoleFinance, orders.RoleCFO, orders.RoleAdmin}
				case p.Has(orders.RoleFinance) || !hasAnother && p.Has(orders.RoleOperations, orders.RoleManagement, orders.RoleAdmin):
					p.Roles = []orders.Role{orders.RoleService}
				}
			}
			id := f.place(t, nil)
			require.Equal(t, []string{"d-cfo", "d-cfo"}, f.sentAs(notify.KindApproval))
			f.decide(t, id, "C1", true, "")
			require.Equal(t, orders.StatusPendingApproval, f.order(id).Status)
			if hasAnother {
				require.Equal(t, []string{"d-cfo", "d-cfo", "w-ops"}, f.sentAs(notify.KindApproval))
				require.Empty(t, f.sentAs(notify.KindStuck))
				f.decide(t, id, "O1", true, "")
				require.Equal(t, orders.StatusAllocated, f.order(id).Status)
				require.Len(t, f.sentAs(notify.KindApprovalSettled), 3)
				return
			}
			require.Equal(t, []string{"d-cfo", "w-wang"}, f.sentAs(notify.KindStuck))
			require.Contains(t, f.text(t, notify.KindStuck, "w-wang"), "会签里一个人只算一个角色")
		})
	}
}

// feature: AP-12
func TestAnOverdueApprovalIsRemindedOfThenPassedOn(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.place(t, nil)
	f.pass(t, 2*time.Hour-time.Minute)
	require.Empty(t, f.sentAs(notify.KindReminder))
	f.pass(t, time.Minute)
	require.Equal(t, []string{"d-manager", "w-manager2"}, f.sentAs(notify.KindReminder))
	f.pass(t, 2*time.Hour)
	require.Equal(t, []string{"d-manager", "w-manager2", "w-wang", "d-manager", "w-manager2"}, f.sentAs(notify.KindReminder), "the salesperson hears of the delay, and they once more")
	require.Equal(t, []string{"d-manager", "w-manager2", "w-ops"}, f.sentAs(notify.KindApproval))
	f.decide(t, id, "O1", true, "")
	require.Equal(t, []string{"d-manager", "w-manager2", "w-ops"}, f.sentAs(notify.KindApprovalSettled))
	f.pass(t, 48*time.Hour)
	require.Len(t, f.sentAs(notify.KindReminder), 5, "none after the decision")
}

// feature: NT-08
func TestAnApprovedOrderIsToldToAllWhomItConcerns(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.s.Bindings = []orders.Binding{
		{ID: 1, Platform: orders.ServiceAccount, Person: "openid1", Customer: "C001"},
		{ID: 2, Platform: orders.ServiceAccount, Person: "openid2", Customer: "C001"},
		{ID: 3, Platform: orders.KF, Person: "wm1", Customer: "C001"},
		{ID: 4, Platform: orders.ServiceAccount, Person: "stranger", Customer: "C002"},
	}
	id := f.place(t, nil)
	require.Empty(t, f.sentAs(notify.KindDecided), "no person approved: who confirmed has heard it from the clerk")
	require.Equal(t, []string{"openid1", "openid2"}, f.sentAs(notify.KindConfirmed))
	require.Equal(t, []string{"w-keeper"}, f.sentAs(notify.KindPick))
	require.Contains(t, f.text(t, notify.KindPick, "w-keeper"), "导尿管")

	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Ship(tx, id, "SF", "SF1234567890123", "tok", f.actor(t, "W1"))
		return err
	})
	f.dispatch(t)
	require.Equal(t, []string{"w-wang"}, f.sentAs(notify.KindMoved))
	require.Equal(t, []string{"openid1", "openid2"}, f.sentAs(notify.KindShipped))
	require.Contains(t, f.text(t, notify.KindShipped, "openid1"), "https://orders.example.com/o/link-"+string(id))
	require.Contains(t, f.text(t, notify.KindShipped, "openid1"), "SF1234567890123")

	move := func(state orders.ParcelState) {
		f.must(t, func(tx notify.Tx) error {
			_, err := f.desk.Track(tx, id, 1, state, nil, orders.SystemActor)
			return err
		})
		f.dispatch(t)
	}
	before := len(f.all())
	move(orders.ParcelInTransit)
	move(orders.ParcelOut)
	require.Len(t, f.all(), before, "on the way: for the page only")
	move(orders.ParcelException)
	require.Equal(t, []string{"w-wang", "w-service"}, f.sentAs(notify.KindException))
	require.Equal(t, []string{"openid1", "openid2"}, f.sentAs(notify.KindDelayed))
	move(orders.ParcelDelivered)
	require.Equal(t, []string{"w-wang", "w-wang"}, f.sentAs(notify.KindMoved))
	require.Equal(t, []string{"openid1", "openid2"}, f.sentAs(notify.KindDelivered))
	require.Empty(t, f.openEvents())
}

func TestACustomersOwnOrder(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	f.s.Bindings = []orders.Binding{
		{ID: 1, Platform: orders.KF, Person: "wm1", Customer: "C001"},
		{ID: 2, Platform: orders.KF, Person: "wm2", Customer: "C001"},
		{ID: 3, Platform: orders.ServiceAccount, Person: "openid1", Customer: "C001"},
	}
	fromClient := func(o *orders.Order) { o.Source = client }
	id := f.place(t, fromClient)
	f.decide(t, id, "M1", true, "")
	require.Equal(t, []string{"kf1 wm1", "openid1"}, f.sentAs(notify.KindConfirmed), "nobody in 微信客服 can be written to unasked")
	require.Equal(t, []string{"w-wang"}, f.sentAs(notify.KindDecided), "where the salesperson has not written, WeCom")

	id = f.place(t, fromClient)
	f.decide(t, id, "M1", false, "价格太低")
	require.Equal(t, []string{"kf1 wm1"}, f.sentAs(notify.KindCustomer))
	require.NotContains(t, f.text(t, notify.KindCustomer, "kf1 wm1"), "价格太低", "our reasons stay with us")

	f.s.Bindings = nil
	id = f.place(t, fromClient)
	f.decide(t, id, "M1", false, "价格太低")
	require.Len(t, f.sentAs(notify.KindCustomer), 1, "who is not bound any more hears nothing")
}

func TestTheSalespersonIsToldWhereTheOrderWasWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source orders.Source
		without,
		want []string
	}{
		"in DingTalk":            {orders.Source{Chat: orders.Chat{Platform: orders.DingTalk, ID: "d-wang"}, Sender: "d-wang"}, nil, []string{"d-wang"}},
		"in a group of DingTalk": {orders.Source{Chat: orders.Chat{Platform: orders.DingTalk, ID: "cid9"}, Sender: "d-wang"}, nil, []string{"d-wang"}},
		"in WeCom":               {wang, nil, []string{"w-wang"}},
		"by a colleague": {
			orders.Source{Chat: orders.Chat{Platform: orders.WeCom, ID: "w-li"}, Sender: "w-li"},
			nil,
			[]string{"w-li", "w-wang"},
		},
		"DingTalk where WeCom is not set up":    {wang, []string{"wecom"}, []string{"d-wang"}},
		"the overseers where nobody is reached": {client, []string{"S1"}, []string{"w-ops"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(orders.RoleCFO)
			f.people = append([]orders.Staff(nil), staff...)
			for _, w := range c.without {
				if w == "wecom" {
					f.platforms[orders.WeCom] = false
				} else {
					f.people[0].WeCom, f.people[0].DingTalk = "", ""
				}
			}
			id := f.place(t, func(o *orders.Order) { o.Source = c.source })
			f.decide(t, id, "C1", true, "")
			require.Equal(t, c.want, f.sentAs(notify.KindDecided))
		})
	}
}

func TestShortStock(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.s.Free["P001"] = decimal.NewFromInt(120)
	id := f.place(t, nil)
	require.Equal(t, []string{"w-wang", "w-buyer"}, f.sentAs(notify.KindShort))
	require.Contains(t, f.text(t, notify.KindShort, "w-buyer"), "380")

	// The warehouse hears what was missing, and that it has come: once all of it has.
	require.Contains(t, f.text(t, notify.KindPick, "w-keeper"), "⚠️ 缺 380")
	for _, free := range []int64{300, 80} {
		require.Len(t, f.sentAs(notify.KindPick), 1)
		f.s.Free["P001"] = decimal.NewFromInt(free)
		f.must(t, func(tx notify.Tx) error {
			o, err := tx.Order(id)
			require.NoError(t, err)
			require.NoError(t, tx.Reserve(o, f.now))
			if o.Covered() {
				o.Status = orders.StatusAllocated
			}
			require.NoError(t, tx.SaveOrder(o))
			return tx.Emit(orders.Event{Kind: orders.EventServed, Order: id, At: f.now})
		})
		f.dispatch(t)
	}
	require.Equal(t, []string{"w-keeper", "w-keeper"}, f.sentAs(notify.KindPick))
	again := f.text(t, notify.KindPick, "w-keeper")
	require.Contains(t, again, "等的货到齐了")
	require.NotContains(t, again, "缺 ")
}

func TestAnUrgentOrderAlarmsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	f := newFirm()
	id := f.place(t, func(o *orders.Order) { o.Urgent, o.UrgentWords = true, "急" })
	require.Equal(t, []string{"w-lead"}, f.sentAs(notify.KindUrgent))
	require.Equal(t, []string{"w-finance"}, f.sentAs(notify.KindUrgentCopy))
	first := f.text(t, notify.KindUrgent, "w-lead")
	f.pass(t, 3*time.Minute)
	require.Equal(t, []string{"w-lead", "w-lead"}, f.sentAs(notify.KindUrgent))
	require.NotEqual(t, first, f.text(t, notify.KindUrgent, "w-lead"), "WeCom swallows an equal second message")
	f.pass(t, 9*time.Minute)
	require.Equal(t, []string{"w-lead", "w-lead", "w-lead", "w-lead", "w-keeper"}, f.sentAs(notify.KindUrgent))
	f.pass(t, 12*time.Minute)
	require.Equal(t, "w-ops", f.sentAs(notify.KindUrgent)[8])
	f.pass(t, 12*time.Minute)
	require.Equal(t, "w-lead", f.sentAs(notify.KindUrgent)[12], "after the last comes the first")
	require.Len(t, f.sentAs(notify.KindUrgentCopy), 1)

	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Acknowledge(tx, id, f.actor(t, "W1"))
		return err
	})
	f.dispatch(t)
	require.Equal(t, f.sentAs(notify.KindUrgent), f.sentAs(notify.KindUrgentSettled), "every copy names who has it")
	require.Contains(t, f.text(t, notify.KindUrgentSettled, "w-lead"), "周仓")
	require.Contains(t, f.text(t, notify.KindTold, "w-wang"), "周仓")
	f.pass(t, time.Hour)
	require.Len(t, f.sentAs(notify.KindUrgent), 13)
}

func TestAlarmsThatPiledUpAreNotAllSent(t *testing.T) {
	t.Parallel()
	f := newFirm()
	id := f.draft(t, func(o *orders.Order) { o.Urgent = true })
	f.must(t, func(tx notify.Tx) error {
		_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
		return err
	})
	for range 3 { // no dispatcher was there
		f.now = f.now.Add(3 * time.Minute)
		f.must(t, func(tx notify.Tx) error { return f.desk.Tick(tx, id) })
	}
	f.dispatch(t)
	require.Equal(t, []string{"w-lead"}, f.sentAs(notify.KindUrgent))
	require.Equal(t, []string{"w-finance"}, f.sentAs(notify.KindUrgentCopy))
}

func TestAnUrgentOrderWithoutAWarehouse(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.people = staff[:2]
	f.place(t, func(o *orders.Order) { o.Urgent = true })
	require.Empty(t, f.sentAs(notify.KindUrgent))
	require.Contains(t, f.text(t, notify.KindStuck, "w-wang"), "加急")
	require.Empty(t, f.openEvents())
}

func TestACancelledOrder(t *testing.T) {
	t.Parallel()
	cancel := func(t *testing.T, f *firm, id orders.OrderID, by orders.StaffCode) {
		t.Helper()
		f.must(t, func(tx notify.Tx) error {
			_, err := f.desk.Cancel(tx, id, 0, "客户不要了", f.actor(t, by))
			return err
		})
		f.dispatch(t)
	}
	t.Run("waiting for approval: its cards are void", func(t *testing.T) {
		t.Parallel()
		f := newFirm(orders.RoleSalesManager)
		id := f.place(t, nil)
		cancel(t, f, id, "S1")
		require.Equal(t, []string{"d-manager", "w-manager2"}, f.sentAs(notify.KindApprovalSettled))
		require.Contains(t, f.text(t, notify.KindApprovalSettled, "d-manager"), "已取消")
		require.Empty(t, f.sentAs(notify.KindMoved), "who cancelled has the clerk's answer")
		require.Empty(t, f.sentAs(notify.KindStop))
	})
	t.Run("urgent and at the warehouse: alarm and picking stop", func(t *testing.T) {
		t.Parallel()
		f := newFirm()
		id := f.place(t, func(o *orders.Order) { o.Urgent = true })
		cancel(t, f, id, "M1")
		require.Equal(t, []string{"w-lead"}, f.sentAs(notify.KindUrgentSettled))
		require.Equal(t, []string{"w-keeper"}, f.sentAs(notify.KindStop))
		require.Equal(t, []string{"w-wang"}, f.sentAs(notify.KindMoved), "the salesperson hears what somebody else did")
		f.pass(t, time.Hour)
		require.Len(t, f.sentAs(notify.KindUrgent), 1)
	})
}

// A trigger that copies finance and the look at the credit that comes with the alarm are one message.
func TestFinanceSeesTheCreditOfAnUrgentOrderOnce(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.place(t, func(o *orders.Order) { o.Urgent = true })
	triggered := orders.Event{Kind: orders.EventTriggered, Order: id, At: f.now, Actor: "system", Data: map[string]string{"rule": "急单", "copy": string(orders.RoleFinance)}}
	f.must(t, func(tx notify.Tx) error { return tx.Emit(triggered) })
	f.dispatch(t)
	require.Equal(t, []string{"w-finance"}, f.sentAs(notify.KindUrgentCopy))
	f.decide(t, id, "M1", true, "")
	require.NotEmpty(t, f.sentAs(notify.KindUrgent))
	require.Len(t, f.sentAs(notify.KindUrgentCopy), 1)
	f.must(t, func(tx notify.Tx) error { return tx.Emit(triggered) })
	f.dispatch(t)
	require.Len(t, f.sentAs(notify.KindUrgentCopy), 1, "nothing has changed")
}

// Who was told to begin at once by a green channel is stopped as often as the order comes to nothing.
func TestWhatAGreenChannelStartedIsStopped(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, f *firm, tx notify.Tx, id orders.OrderID) error{
		"已取消": func(t *testing.T, f *firm, tx notify.Tx, id orders.OrderID) error {
			t.Helper()
			_, err := f.desk.Cancel(tx, id, 0, "客户不要了", f.actor(t, "S1"))
			return err
		},
		"被驳回": func(t *testing.T, f *firm, tx notify.Tx, id orders.OrderID) error {
			t.Helper()
			_, err := f.desk.Decide(tx, id, 0, 0, false, "价格不对", f.actor(t, "M1"))
			return err
		},
		"退回修改": func(t *testing.T, f *firm, tx notify.Tx, id orders.OrderID) error {
			t.Helper()
			_, err := f.desk.SendBack(tx, id, "交期再问问", f.actor(t, "M1"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(orders.RoleSalesManager)
			f.people = append(slices.Clone(f.people),
				orders.Staff{Code: "P9", Name: "纪划", Roles: []orders.Role{orders.RolePlanner}, WeCom: "w-planner"})
			id := f.place(t, nil)
			f.must(t, func(tx notify.Tx) error {
				_, err := f.desk.OpenGreen(tx, id, -1, orders.Green{
					GreenSwitches: orders.GreenSwitches{Production: true, Customs: true}, From: f.now, Until: f.now.Add(time.Hour),
				}, f.actor(t, "O1"))
				return err
			})
			f.dispatch(t)
			begun := f.sentAs(notify.KindGreen)
			require.Subset(t, begun, []string{"w-planner", "w-buyer"})
			f.must(t, func(tx notify.Tx) error { return end(t, f, tx, id) })
			f.dispatch(t)
			require.ElementsMatch(t, begun, f.sentAs(notify.KindStop))
			require.Contains(t, f.text(t, notify.KindStop, "w-planner"), name)
			if name != "退回修改" {
				return
			}
			f.must(t, func(tx notify.Tx) error { _, err := f.desk.Cancel(tx, id, 0, "", f.actor(t, "S1")); return err })
			f.dispatch(t)
			require.Len(t, f.sentAs(notify.KindStop), len(begun), "they have stopped already")
		})
	}
}

func TestAnExpiredDraftIsToldOnceToItsChat(t *testing.T) {
	t.Parallel()
	f := newFirm()
	f.s.Bindings = []orders.Binding{{ID: 1, Platform: orders.KF, Person: "wm1", Customer: "C001"}}
	f.draft(t, nil)
	f.draft(t, func(o *orders.Order) { o.Source = client })
	f.draft(t, func(o *orders.Order) {
		o.Source = orders.Source{Chat: orders.Chat{Platform: orders.DingTalk, ID: "cid9"}, Sender: "d-wang"}
	})
	f.pass(t, 26*time.Hour)
	require.ElementsMatch(t, []string{"w-wang", "kf1 wm1", "cid9"}, f.sentAs(notify.KindExpired))
}

func TestAReservationThatRanOut(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	f.desk.Times.ApprovalLimit = 90 * time.Hour
	f.place(t, nil)
	f.pass(t, 24*time.Hour)
	require.Equal(t, []string{"w-wang", "d-manager", "w-manager2"}, f.sentAs(notify.KindReservation))
}

func TestACustomerAsksForAPerson(t *testing.T) {
	t.Parallel()
	f := newFirm()
	id := f.place(t, nil)
	f.must(t, func(tx notify.Tx) error {
		return tx.Emit(orders.Event{Kind: orders.EventServiceAsked, Order: id, At: f.now, Actor: "C001", Data: map[string]string{"intent": "return", "text": "有三根是坏的"}})
	})
	f.dispatch(t)
	require.Equal(t, []string{"w-wang", "w-service"}, f.sentAs(notify.KindService))
	require.Contains(t, f.text(t, notify.KindService, "w-service"), "有三根是坏的")
}

// Replicas may handle events in any order. What is not true any more is not sent.
func TestEventsInTheWrongOrder(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.draft(t, nil)
	f.must(t, func(tx notify.Tx) error {
		_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
		return err
	})
	f.must(t, func(tx notify.Tx) error {
		_, err := f.desk.Decide(tx, id, 0, 0, true, "", f.actor(t, "M1"))
		return err
	})
	events, err := f.ClaimEvents(t.Context(), f.now, time.Minute, 100)
	require.NoError(t, err)
	for _, e := range slices.Backward(events) {
		f.dispatcher.Handle(t.Context(), e)
	}
	require.Empty(t, f.sentAs(notify.KindApproval), "the decision is made: no card asks for it")
	require.Empty(t, f.openEvents())
}

func TestTwoDispatchersHandleAnEventOnce(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	var ids []orders.OrderID
	for range 20 {
		id := f.draft(t, nil)
		ids = append(ids, id)
		f.must(t, func(tx notify.Tx) error {
			_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
			return err
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		d := f.newDispatcher(nil)
		wg.Go(func() { _ = d.Run(ctx) })
	}
	for len(f.openEvents()) > 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wg.Wait()
	require.Len(t, f.sentAs(notify.KindApproval), 2*len(ids))
}

func TestAnEventHandledAgainTellsNobodyTwice(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.place(t, nil)
	f.decide(t, id, "M1", true, "")
	before := len(f.all())
	f.mu.Lock()
	for _, e := range f.s.Events { // as after a crash that lost the claims' end
		e.Done, e.Due = false, time.Time{}
	}
	f.mu.Unlock()
	f.dispatch(t)
	require.Len(t, f.all(), before)
	require.Empty(t, f.openEvents())
}

func TestADispatcherOutlivesTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFirm(orders.RoleSalesManager)
		id := f.draft(t, nil)
		f.must(t, func(tx notify.Tx) error {
			_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
			return err
		})
		f.must(t, func(tx notify.Tx) error { // an order that nobody knows, a node that is none
			return tx.Emit(orders.Event{Kind: orders.EventShipped, Order: "SO209901010001"},
				orders.Event{Kind: orders.EventApprovalRequested, Order: id, Data: map[string]string{"node": "x"}})
		})
		f.fail = errors.New("database is away")
		ctx, cancel := context.WithCancel(t.Context())
		m, _ := metrics()
		d := notify.NewDispatcher(notify.DispatcherOptions{
			Outbox: f.memory, Store: f.memory, Catalog: f.catalog, Signer: cards.NewSigner(nil), Platforms: f.platforms, Metrics: m, Desk: f.desk,
			Now: time.Now, Logger: quiet(),
		})
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		time.Sleep(30 * time.Second)
		f.mu.Lock()
		f.fail = nil
		f.mu.Unlock()
		time.Sleep(2 * time.Second)
		require.Empty(t, f.openEvents())
		require.Len(t, f.sentAs(notify.KindApproval), 2)
		cancel()
		require.NoError(t, <-done)
	})
}

func TestAPanicIsOneEventsTrouble(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	healthy := f.people
	id := f.draft(t, nil)
	f.must(t, func(tx notify.Tx) error {
		_, _, err := f.desk.Confirm(tx, id, 0, f.actor(t, "S1"))
		return err
	})
	calls := 0
	m, _ := metrics()
	d := notify.NewDispatcher(notify.DispatcherOptions{
		Outbox: f.memory, Store: f.memory, Signer: cards.NewSigner(nil), Platforms: f.platforms, Metrics: m, Desk: f.desk,
		Now: func() time.Time { return f.now }, Logger: quiet(),
		Catalog: func() *orders.Catalog {
			if calls++; calls == 1 {
				panic("bad luck")
			}
			return orders.NewCatalog(*catalog().Master, healthy, nil, 1)
		},
	})
	for range 3 {
		events, err := f.ClaimEvents(t.Context(), f.now, time.Minute, 100)
		require.NoError(t, err)
		for _, e := range events {
			d.Handle(t.Context(), e)
		}
		f.now = f.now.Add(5 * time.Second)
	}
	require.Empty(t, f.openEvents())
}

func TestKeysAreShortEnoughForTheOutbox(t *testing.T) {
	t.Parallel()
	f := newFirm(orders.RoleSalesManager)
	id := f.place(t, func(o *orders.Order) { o.Urgent = true })
	f.decide(t, id, "M1", true, "")
	for _, d := range f.all() {
		require.LessOrEqual(t, len(d.Key), 120, d.Key)
		require.True(t, strings.HasPrefix(d.Key, "event:"), d.Key)
		require.NotZero(t, d.Created)
		require.Equal(t, id, d.Order, fmt.Sprint(d))
	}
}
