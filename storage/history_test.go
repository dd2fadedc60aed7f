package storage_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/orders/rules"
	"orderbot/storage"
)

func init() {
	if err := flag.Set("rapid.checks", strconv.Itoa(histories)); err != nil {
		panic(err)
	}
}

// historyStaff are those who act in a random history. 王敏 is away on the second and third day, 李账 on the
// fifth and sixth.
const historyStaff = `code,name,role,superior,deputy
S1,周婷,sales,S10,
S2,陈立,sales,S10,
S10,王敏,sales_manager,S14,S16
S11,李账,finance,S12,
S12,赵财,cfo,S13,
S13,钱总,director,,
S14,孙运,operations,,
S15,高审,senior_approver,S13,
S16,林副,account_manager,S14,
S17,何兼,finance;cfo,S13,
S20,吴仓,warehouse_lead,,
S21,郑库,warehouse,S20,
S30,冯购,purchasing,S14,
S31,何服,service,S14,
S40,贾划,planner,S14,
S41,曾工,engineer,S14,
S50,齐管,management,,
S99,管理,admin,,`

// jointRules have what the built-in rules lack: steps of several people, and a route without anybody for whatever
// price is stated.
const jointRules = `
routes:
  - {name: 直通, when: 金额 < 3000 and not 超信用, steps: []}
  - name: 会签
    when: 其余
    steps:
      - {any: [销售经理, 高级审核员]}
      - {all: [财务, 财务总监], limit: 6h}
      - {role: 总监, when: 金额 > 50000}
checks:
  - {kind: 逾期, effect: 拦下, role: 财务}
`

// numbers are shared by all histories of all databases, so that no two meet.
var numbers atomic.Int64

// history is one random history, of a customer and of goods of its own.
type history struct {
	*rapid.T

	on       *grounds
	desk     *orders.Desk
	now      time.Time
	number   int
	drawn    *returnDraw                      // what the last action on a return is
	step     orders.Act                       // what the last step of an order's way is
	with     []orders.OrderID                 // the orders that the last 一起发 is about
	ledger                                    // what the test knows of it by itself
	known    map[orders.OrderID]*orders.Order // as they were after the last action
	recorded map[orders.OrderID]int64         // entries of the audit trail
	changed  map[orders.OrderID]bool          // by the last action
	noted    map[orders.OrderID]bool          // something about them that is not in them was looked at by it: the trail may have grown
	orders   []orders.OrderID
}

func newHistory(t *rapid.T, on *grounds) *history {
	h := &history{
		T: t, on: on, now: ordertest.Start.In(time.FixedZone("CST", 8*60*60)), ledger: newLedger(fmt.Sprintf("H%06d", numbers.Add(1))),
		known: make(map[orders.OrderID]*orders.Order), recorded: make(map[orders.OrderID]int64),
		changed: make(map[orders.OrderID]bool), noted: make(map[orders.OrderID]bool),
	}
	h.kind = some(h, "type", "VIP", "普通", "经销商")
	h.level = some(h, "level", "A", "A", "B")
	h.grade = some(h, "grade", "A", "B", "C")
	h.isJoint = h.die("joint rules", 2) == 1
	limit := ""
	if thousands := some(h, "limit", 0, 5, 20, 60, 150); thousands > 0 {
		h.limit = orders.Money(thousands) * 1000_00
		limit = strconv.Itoa(thousands * 1000)
	}
	h.receive(3_000)
	importCSV(on.t, on.store, "customers", "code,name,type,level,credit_grade,credit_limit,sales,address",
		strings.Join([]string{string(h.customer), "客户", h.kind, h.level, h.grade, limit, "S1", "宁波市江东路1号"}, ","))
	importCSV(on.t, on.store, "prices", "product,scope,price,mode", fmt.Sprintf("%s,客户:%s,9,寄售", h.consigned, h.customer))
	file := string(rules.Default)
	if h.isJoint {
		file = jointRules
	}
	h.desk = desk(on.t, on.store, file, func() time.Time { return h.now })
	h.desk.Returns.FinanceFrom = 1000_00
	h.desk.Times.DraftExpires, h.desk.Times.ReservationExpires = 20*time.Hour, 10*time.Hour
	return h
}

// die throws a die of n sides. All are alike: rapid's own numbers are mostly small.
func (h *history) die(what string, n int) int {
	side := 0
	for range bits.Len(uint(n)) + 3 {
		side *= 2
		if rapid.Bool().Draw(h.T, what) {
			side++
		}
	}
	return side % n
}

// between throws a number.
func (h *history) between(what string, least, most int) int { return least + h.die(what, most-least+1) }

// some throws one of several things.
func some[T any](h *history, what string, of ...T) T { return of[h.die(what, len(of))] }

// often is three times of four so.
func (h *history) often(what string) bool { return h.die(what, 4) < 3 }

// act does one random thing, mostly a sensible one by somebody who may, and checks what became of it.
func (h *history) act() {
	h.now = h.now.Add(time.Duration(h.between("minutes", 0, 90)) * time.Minute)
	verb, id := h.choose()
	h.Logf("%s %s %s", h.now.Format("01-02 15:04"), verb, id)
	var err error
	switch verb {
	case "place":
		id, err = h.place()
	case "receive", "count", "move", "serve":
		h.stock(verb)
	case "expect":
		h.expect()
	case "review":
		h.review(id)
	case "handle":
		h.handle(id)
	case "pay":
		err = h.pay()
	case "pay order":
		id, err = h.payOrder()
	case "void":
		id, err = h.void()
	default:
		h.change(verb, id)
		h.balanced()
		return
	}
	require.NoError(h, err)
	if id != "" {
		h.see(id)
	}
	h.balanced()
}

// choose draws what is done, and to which order; none where it is about no order.
func (h *history) choose() (string, orders.OrderID) {
	open := slices.DeleteFunc(slices.Clone(h.orders), func(id orders.OrderID) bool { return h.known[id].Status.Ended() })
	due := slices.DeleteFunc(slices.Clone(open), func(id orders.OrderID) bool {
		at := h.known[id].NextAt()
		return at.IsZero() || at.After(h.now)
	})
	switch {
	case len(h.orders) == 0, len(open) < 6 && !h.often("go on"):
		return "place", ""
	case h.die("money or goods", 8) == 7:
		return some(h, "money or goods", "receive", "count", "move", "serve", "expect", "pay", "pay", "pay", "void", "void", "pay order", "pay order"), ""
	case len(h.troubled) > 0 && h.die("trouble", 12) == 11:
		return "handle", some(h, "troubled", slices.Sorted(maps.Keys(h.troubled))...)
	case h.overdue() > 0 && !h.often("leave unpaid"):
		return "pay", ""
	case len(due) > 0 && !h.often("no clock"):
		return "tick", some(h, "due", due...)
	}
	plans := slices.DeleteFunc(slices.Clone(open), func(id orders.OrderID) bool {
		return h.known[id].Staged == nil || !slices.Contains(onward[1:], h.known[id].Status)
	})
	if len(plans) > 0 && h.die("next stage", 5) == 4 {
		return some(h, "of a staged order", "ship", "ship", "ship", "deliver", "return", "take"), some(h, "staged", plans...)
	}
	parted := slices.DeleteFunc(slices.Clone(open), func(id orders.OrderID) bool { return len(batchesOf(h.known[id])) == 0 })
	if len(parted) > 0 && h.die("invoice of the whole", 20) == 19 {
		return "invoice", some(h, "parted", parted...)
	}
	back, sent := h.in(orders.StatusReturning), h.in(orders.StatusShipped, orders.StatusDelivered)
	switch {
	case len(back) > 0 && h.die("way back", 4) == 3:
		return some(h, "sensible verb", ways[orders.StatusReturning]...), some(h, "returning", back...)
	case len(sent) > 0 && h.die("back", 8) == 7:
		return "return", some(h, "sent", sent...)
	}
	id := some(h, "order", h.orders...)
	if len(open) > 0 && h.often("open") {
		id = some(h, "open order", open[max(0, len(open)-6):]...)
	}
	if _, isChanged := h.stands[id]; isChanged && h.die("no change", 8) == 7 {
		return "reject", id
	}
	if n := h.known[id].OpenNode(); n != nil && n.Role == orders.RoleFinance && h.die("past finance", 3) == 2 {
		return "green", id
	}
	if h.often("sensible") {
		return some(h, "sensible verb", ways[h.known[id].Status]...), id
	}
	return some(h, "verb", verbs...), id
}

// in are the orders in some statuses.
func (h *history) in(statuses ...orders.Status) []orders.OrderID {
	return slices.DeleteFunc(slices.Clone(h.orders), func(id orders.OrderID) bool { return !slices.Contains(statuses, h.known[id].Status) })
}

// place stores a new draft.
func (h *history) place() (orders.OrderID, error) {
	c, id := h.draw(), orders.OrderID("")
	if c.urgent = h.die("urgent", 4) == 3; c.urgent {
		h.on.effects["urgent"]++
	}
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) error {
		o := ordertest.Order("", h.customer, 1)
		o.Lines, o.Sales = h.lines(c), "S1"
		if c.urgent {
			o.Urgent, o.UrgentWords = true, "急"
		}
		err := h.desk.Place(tx, o, h.actor("S1"))
		id = o.ID
		return err
	})
	h.orders = append(h.orders, id)
	h.ordered[id], h.changed[id] = c, true
	h.on.effects["place"]++
	return id, err
}

func (h *history) actor(code orders.StaffCode) orders.Actor {
	s := h.desk.Catalog().StaffByCode(code)
	return orders.Actor{Code: string(code), Name: s.Name, Staff: s, Channel: orders.WeCom}
}

// change does something to an order and checks that it took effect where it may, and there alone.
func (h *history) change(verb string, id orders.OrderID) {
	before := h.known[id]
	who := h.who(verb, before)
	by, d, c := h.actor(who), h.desk, h.draw()
	other := h.desk.Catalog().StaffByCode(some(h, "other", staffCodes...))
	if verb == "deliver" || verb == "tick" || verb == "invoice" {
		by = orders.SystemActor
	}
	h.Logf("by %s", by.Name)
	h.number++
	var do func(tx *storage.Tx) (*orders.Order, error)
	switch verb {
	case "confirm":
		do = func(tx *storage.Tx) (*orders.Order, error) { o, _, err := d.Confirm(tx, id, 0, by); return o, err }
	case "revise":
		do = func(tx *storage.Tx) (*orders.Order, error) {
			return d.Revise(tx, id, by, func(o *orders.Order) error { o.Lines = h.lines(c); return nil })
		}
	case "except":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Except(tx, id, "急", by) }
	case "approve", "reject":
		do = func(tx *storage.Tx) (*orders.Order, error) {
			return d.Decide(tx, id, 0, 0, verb == "approve", "理由", by)
		}
	case "send back":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.SendBack(tx, id, "再看看", by) }
	case "transfer":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Transfer(tx, id, other, "", by) }
	case "add":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.AddApprover(tx, id, other, "", by) }
	case "green":
		g := h.green()
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.OpenGreen(tx, id, -1, g, by) }
	case "close":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.CloseGreen(tx, id, -1, "", by) }
	case "skip":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Skip(tx, id, "急", by) }
	case "cancel":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Cancel(tx, id, 0, "不要了", by) }
	case "ship":
		stage := 0
		if n := before.Deliveries(); n > 0 {
			stage = some(h, "stage", 0, before.Stage(), before.Stage(), before.Stage(), h.between("any stage", 1, n+1))
		}
		do = func(tx *storage.Tx) (*orders.Order, error) {
			return d.ShipInstead(tx, id, stage, "SF", fmt.Sprint("SF", h.number), fmt.Sprint(id, h.number), "", by)
		}
	case "plan":
		plan := h.plan(before)
		do = func(tx *storage.Tx) (*orders.Order, error) {
			return d.Revise(tx, id, by, func(o *orders.Order) error { return o.Plan(plan) })
		}
	case "amend":
		var plan func(*orders.Staged)
		if h.die("stages", 3) == 2 { // what is delivered and paid for when, and nothing else
			c, plan = h.ordered[id], h.plan(before)
		}
		if plan == nil && slices.Contains(onward, before.Status) && h.often("a little") { // often by so little that it is small
			if o, some := h.ordered[id], h.between("boxes more", -50, 50); o.boxes > 0 && o.boxes+int64(some) > 0 {
				c = o
				c.boxes += int64(some)
			}
		}
		do = func(tx *storage.Tx) (*orders.Order, error) {
			_, preview, err := d.AskChange(tx, id, by, func(o *orders.Order) error {
				if plan != nil {
					return o.Plan(plan)
				}
				o.Lines = h.lines(c)
				return nil
			})
			if err != nil {
				return nil, err
			}
			o, _, _, err := d.Amend(tx, id, preview.Change.No, by)
			return o, err
		}
	case "split":
		parts := h.batches(before)
		do = func(tx *storage.Tx) (*orders.Order, error) {
			_, c, err := d.AskSplit(tx, id, by, parts)
			if err != nil {
				return nil, err
			}
			o, _, _, err := d.Amend(tx, id, c.No, by)
			return o, err
		}
	case "merge":
		from := some(h, "other order", h.orders...)
		do = func(tx *storage.Tx) (*orders.Order, error) {
			_, preview, err := d.AskMerge(tx, id, from, by)
			if err != nil {
				return nil, err
			}
			o, _, _, err := d.Amend(tx, id, preview.Change.No, by)
			return o, err
		}
	case "take":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Acknowledge(tx, id, by) }
	case "advance":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.Advance(tx, id, h.step, "", by) }
	case "together":
		h.with = h.others(id)
		do = func(tx *storage.Tx) (*orders.Order, error) {
			all, err := d.ShipTogether(tx, h.with, by)
			if err != nil {
				return nil, err
			}
			return all[0], nil
		}
	case "apart":
		do = func(tx *storage.Tx) (*orders.Order, error) { return d.ShipApart(tx, id, by) }
	case "deliver":
		parcel := h.between("parcel", 1, max(1, len(before.Shipments)))
		do = func(tx *storage.Tx) (*orders.Order, error) {
			return d.Track(tx, id, parcel, orders.ParcelDelivered, nil, by)
		}
	case "return", "decide return", "take back", "replace", "drop return":
		h.drawn = h.drawReturn(verb, before)
		do = h.doReturn(verb, before, h.drawn, by)
	case "tick":
		do = func(tx *storage.Tx) (*orders.Order, error) { return nil, d.Tick(tx, id) }
	}
	var err error
	if verb == "invoice" {
		h.invoice(before)
	} else {
		err = h.on.store.Do(h.Context(), func(tx *storage.Tx) error { _, err := do(tx); return err })
	}
	if _, said := orders.ErrorMessage(err); err != nil {
		require.True(h, said, "%s: %v", verb, err)
		h.Logf("refused: %v", err)
	}
	h.judge(verb, who, by, before, other, c, err)
}

// plan draws how an order is delivered and paid for in parts, seldom a wrong one.
func (h *history) plan(o *orders.Order) func(*orders.Staged) {
	if o.Staged != nil && !h.often("another plan") {
		return func(p *orders.Staged) { *p = orders.Staged{} }
	}
	stages := make([]orders.Stage, h.between("stages", 2, 4))
	for k := range stages {
		stages[k] = orders.Stage{Due: h.now.AddDate(0, 0, 1+k*h.between("days between", 1, 3)).Format(time.DateOnly), Base: make(map[int]orders.Quantity)}
	}
	for _, l := range o.Lines {
		each := l.Base.IntPart() / int64(len(stages))
		for k := range stages[1:] {
			stages[k+1].Base[l.No] = decimal.NewFromInt(each)
		}
		stages[0].Base[l.No] = l.Base.Sub(decimal.NewFromInt(each * int64(len(stages)-1)))
	}
	nodes := []orders.PayNode{
		{Name: "签约", Share: 3_000, When: orders.PaySigned},
		{Name: "第2期发货前", Share: 3_333, When: orders.PayShips, Stage: 2},
		{Name: "验收", Share: 3_667, When: orders.PayArrived},
	}
	if h.die("wrong plan", 16) == 15 {
		nodes[0].Share++
	}
	release := some(h, "release", orders.Release(""), orders.ReleasePaid, orders.ReleaseUnpaid)
	pays := h.often("payments")
	return func(p *orders.Staged) {
		if p.Stages = stages; pays {
			p.Nodes, p.Release = nodes, release
		}
	}
}

// batches draws how an order is split.
func (h *history) batches(o *orders.Order) []orders.Part {
	parts := make([]orders.Part, h.between("batches", 2, 3))
	for i := range parts[:len(parts)-1] {
		parts[i].Base = make(map[int]orders.Quantity)
		for _, l := range o.Lines {
			if n := l.Base.IntPart() / int64(len(parts)); n > 0 {
				parts[i].Base[l.No] = decimal.NewFromInt(n)
			}
		}
	}
	return parts
}

// others draws an order with one or two others, mostly such as may go with it.
func (h *history) others(id orders.OrderID) []orders.OrderID {
	out, from := []orders.OrderID{id}, h.in(onward[1:]...)
	if len(from) < 2 || !h.often("that may") {
		from = h.orders
	}
	for range h.between("with", 1, 2) {
		out = append(out, some(h, "with", from...))
	}
	return out
}

// who draws somebody: mostly one who may, where that matters.
func (h *history) who(verb string, o *orders.Order) orders.StaffCode {
	var fit []orders.StaffCode
	switch verb {
	case "approve", "reject", "send back", "transfer", "add":
		for _, n := range o.OpenNodes() {
			if spent := agreed(o, n); len(spent) > 0 && h.die("once more", 3) == 2 {
				return some(h, "spent", spent...)
			}
		}
		for _, code := range staffCodes {
			if len(h.decides(o, code)) > 0 {
				fit = append(fit, code)
			}
		}
	case "skip":
		fit = []orders.StaffCode{"S14", "S99"}
	case "green", "close":
		fit = []orders.StaffCode{"S13", "S14", "S50", "S99"}
	case "advance":
		h.step = some(h, "act", actsAt(o)...)
		fit = whoAdvances[h.step]
	case "decide return", "take back", "replace":
		fit = whoReturns[verb]
	case "ship", "take":
		fit = []orders.StaffCode{"S20", "S21"}
	default: // whom the bot lets through
		return some(h, "seller", orders.StaffCode("S1"), "S10", "S99")
	}
	if len(fit) > 0 && h.often("fit") {
		return some(h, "who", fit...)
	}
	return some(h, "anybody", staffCodes...)
}

// grounds are a database with those who act on it.
type grounds struct {
	t       *testing.T
	store   *storage.Store
	db      *sql.DB        // to look into the tables
	effects map[string]int // how often each kind of thing happened
	ran     int            // histories
}

func newGrounds(t *testing.T, url string) *grounds {
	t.Helper()
	g := &grounds{t: t, store: migrated(t, url), db: raw(t, url), effects: make(map[string]int)}
	importCSV(t, g.store, "staff", strings.Split(historyStaff, "\n")...)
	require.NoError(t, g.store.Do(t.Context(), func(tx *storage.Tx) error {
		var errs []error
		for who, days := range absent {
			errs = append(errs, tx.Leave(orders.Absence{Staff: who, From: ordertest.Start.AddDate(0, 0, days[0]), Until: ordertest.Start.AddDate(0, 0, days[1])}))
		}
		return errors.Join(errs...)
	}))
	return g
}

// memoryURL is a SQLite database on no disk, where the system has a place for one.
func memoryURL(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "orderbot-") //nolint:usetesting // not on the disk
	if err != nil {
		return sqliteURL(t)
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return "sqlite:" + filepath.Join(dir, "orderbot.db")
}

// historyActions is how many actions a random history has.
const historyActions = 300

// randomHistories are 300 actions each by random roles at random times on three warehouses, among them each kind of action often
// enough. What must hold after every one of them is said by judge and balanced.
func randomHistories(t *testing.T) {
	t.Helper()
	urls := maps.Clone(databases)
	for i := range memories {
		urls[fmt.Sprint("memory ", i+1)] = memoryURL
	}
	var mu sync.Mutex
	ran, effects := 0, make(map[string]int)
	t.Cleanup(func() {
		t.Log(ran, effects)
		for kind, least := range leastEffects {
			require.True(t, ran < 20 || effects[kind] >= least*ran/20, "%s: %d times in %d histories", kind, effects[kind], ran)
		}
	})
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGrounds(t, url(t))
			rapid.Check(t, func(rt *rapid.T) {
				h := newHistory(rt, g)
				for range historyActions {
					h.act()
				}
				g.ran++
			})
			mu.Lock()
			defer mu.Unlock()
			ran += g.ran
			for kind, n := range g.effects {
				effects[kind] += n
			}
		})
	}
}
