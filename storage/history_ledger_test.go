package storage_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/ordertest"
	"orderbot/storage"
)

// What must hold in a random history is worked out here again, without the code under test.

// verbs are all that is done to orders, and ways what is sensible in a status.
var (
	verbs = []string{
		"confirm", "revise", "except", "approve", "reject", "send back", "transfer", "add", "skip", "cancel", "ship", "deliver", "tick", "invoice", "green", "close",
		"amend", "take", "split", "merge", "advance", "together", "apart", "review", "handle",
		"return", "decide return", "take back", "replace", "drop return", "plan",
	}
	ways = map[orders.Status][]string{
		orders.StatusDraft:           {"confirm", "confirm", "confirm", "confirm", "revise", "revise", "except", "cancel", "green", "plan"},
		orders.StatusPendingApproval: {"approve", "approve", "approve", "approve", "approve", "approve", "approve", "reject", "send back", "transfer", "add", "skip", "cancel", "green", "green", "close", "close", "amend", "take", "split", "merge", "review", "handle"},
		orders.StatusApproved:        {"ship", "ship", "invoice", "cancel", "green", "close", "amend", "take", "take", "split", "merge", "advance", "advance", "advance", "together", "review", "handle", "handle"},
		orders.StatusAllocated:       {"ship", "ship", "ship", "invoice", "cancel", "close", "close", "amend", "amend", "take", "take", "split", "merge", "merge", "advance", "advance", "together", "together", "together", "together", "apart", "review", "handle"},
		orders.StatusScheduled:       {"advance", "advance", "advance", "cancel", "amend", "take", "split", "review"},
		orders.StatusInProduction:    {"advance", "advance", "advance", "cancel", "amend", "take", "split", "review"},
		orders.StatusInspected:       {"advance", "advance", "cancel", "amend", "take", "split", "review"},
		orders.StatusStocked:         {"advance", "ship", "ship", "cancel", "amend", "take", "split", "together", "review"},
		orders.StatusPicking:         {"ship", "ship", "ship", "cancel", "amend", "take", "take", "split", "merge", "together", "together", "apart", "review"},
		orders.StatusShipped:         {"deliver", "deliver", "invoice", "ship", "return", "review", "handle"},
		orders.StatusDelivered:       {"invoice", "return", "return", "return"},
		orders.StatusReturning:       {"take back", "take back", "take back", "decide return", "decide return", "replace", "drop return", "return", "deliver", "invoice", "ship"},
		orders.StatusReturned:        {"return", "invoice", "take back"},
		orders.StatusCancelled:       {"confirm", "approve", "cancel", "ship", "invoice", "review"},
		orders.StatusRejected:        {"confirm", "approve", "cancel"},
		orders.StatusClosed:          {"confirm", "revise", "cancel"},
	}
	// leads are the statuses that a verb leads to; those of the others stay.
	leads = map[string][]orders.Status{
		"confirm": onward[:3], "approve": onward[:3], "skip": onward[:3], "green": append(slices.Clone(onward), orders.StatusDraft), "reject": {orders.StatusRejected}, "send back": {orders.StatusDraft},
		"cancel": {orders.StatusCancelled}, "ship": {orders.StatusShipped, orders.StatusReturning}, "deliver": {orders.StatusShipped, orders.StatusDelivered, orders.StatusReturning},
		"return": {orders.StatusReturning}, "decide return": backward, "take back": backward, "replace": backward, "drop return": backward,
		"amend": onward, "split": onward, "merge": onward, "advance": onward[3:],
	}
	backward = []orders.Status{orders.StatusReturning, orders.StatusReturned, orders.StatusShipped, orders.StatusDelivered}
	// onward are those before shipping: what waits for its approval, what just has it, and what is being made or picked.
	onward = []orders.Status{
		orders.StatusPendingApproval, orders.StatusApproved, orders.StatusAllocated,
		orders.StatusScheduled, orders.StatusInProduction, orders.StatusInspected, orders.StatusStocked, orders.StatusPicking,
	}
	// acts are the steps of an order's way that may follow in a status, and whoAdvances who registers them.
	acts = map[orders.Status][]orders.Act{
		orders.StatusApproved: {orders.ActSchedule, orders.ActPick}, orders.StatusAllocated: {orders.ActSchedule, orders.ActPick},
		orders.StatusScheduled: {orders.ActStart, orders.ActInspect, orders.ActStock}, orders.StatusInProduction: {orders.ActInspect, orders.ActStock},
		orders.StatusInspected: {orders.ActStock}, orders.StatusStocked: {orders.ActPick},
	}
	whoAdvances = map[orders.Act][]orders.StaffCode{
		orders.ActSchedule: {"S14", "S40", "S99"}, orders.ActStart: {"S14", "S40", "S99"}, orders.ActInspect: {"S14", "S40", "S99"},
		orders.ActStock: {"S20", "S21", "S99"}, orders.ActPick: {"S20", "S21"},
	}
)

// actsAt are the steps that may follow for an order; all of them where none does.
func actsAt(o *orders.Order) []orders.Act {
	if fit := acts[o.Status]; fit != nil {
		return fit
	}
	return []orders.Act{orders.ActSchedule, orders.ActStart, orders.ActInspect, orders.ActStock, orders.ActPick}
}

// leastEffects are how often each kind of thing must happen in twenty histories, less than half of how often it does: rare ones come by chance.
var leastEffects = map[string]int{
	"place": 100, "plan": 5, "stage": 1, "pay order": 5, "revise": 20, "confirm": 60, "except": 10, "approve": 60, "reject": 10, "send back": 8, "transfer": 8, "add": 8, "skip": 8,
	"cancel": 40, "ship": 10, "deliver": 6, "tick": 100, "invoice": 30, "pay": 50, "void": 15,
	"return": 8, "take back": 3, "paid back": 2, "credit note": 1,
	"approved": 25, "approved again": 1, "over the limit": 15, "overdue": 1, "by a deputy": 5, "two of one step": 2,
	"split": 5, "merge": 2, "merged to be approved": 1, "invoiced with the whole": 1, "unmerged": 0, "amend": 15, "take": 1, "changed back": 1, "expired": 10, "green": 15, "close": 2, "green over": 5, "escalated": 40, "reservation over": 25, "short": 1, "refused": 150,
	"advance": 3, "together": 3, "apart": 0, "shipped together": 0, "expect": 10, "review": 30, "exception": 20, "taken up": 3, "closed by hand": 3, "solved": 0, "urgent": 20,
}

// historyRoles are who has which roles, and staffCodes all of them.
var historyRoles, staffCodes = func() (map[orders.StaffCode][]string, []orders.StaffCode) {
	roles := make(map[orders.StaffCode][]string)
	for _, line := range strings.Split(historyStaff, "\n")[1:] {
		cells := strings.Split(line, ",")
		roles[orders.StaffCode(cells[0])] = strings.Split(cells[2], ";")
	}
	return roles, slices.Sorted(maps.Keys(roles))
}()

// absent are from which day until which somebody is away, and standIns who is asked then, the first who may.
var (
	absent   = map[orders.StaffCode][2]int{"S10": {1, 3}, "S11": {4, 6}}
	standIns = map[orders.StaffCode][]orders.StaffCode{"S10": {"S16", "S14"}, "S11": {"S12", "S13"}}
)

// ledger is what is known of a customer, its goods and its money.
type ledger struct {
	customer           orders.CustomerCode
	kind, level, grade string
	isJoint            bool
	limit              orders.Money // 0: none
	goods, consigned   orders.ProductCode
	received           map[orders.ProductCode]int64 // less what counts found missing
	shipped            map[orders.ProductCode]int64
	isExpected         map[orders.ProductCode]bool
	expected           []receipt
	troubled           map[orders.OrderID]bool // orders with exceptions that were open when they were last looked at
	dealt              map[int64]string        // exceptions that a person has ended, and who
	ordered            map[orders.OrderID]content
	chains             map[orders.OrderID]chain
	stands             map[orders.OrderID]content      // what an approved order goes back to while its change waits
	agreed             map[orders.OrderID]orders.Money // the total that was approved last, by more than the rule for small changes
	claims             map[orders.OrderID][]claim
	credited           map[orders.OrderID]orders.Money
	letGo              map[orders.OrderID]orders.Money // of it, what no credit note says
	invoices           []bill
	billed             map[orders.OrderID]orders.Money // of an order, by its own invoices or those of what it was split off
	payments           map[string]orders.Money
	paidFor            map[string]orders.OrderID // by the number of the payment
}

// content is what an order asks for: boxes at the usual price, at a special one, and on consignment.
type content struct {
	boxes, special, consigned int64
	urgent                    bool // somebody said so
}

// chain is what an order's confirmation calls for.
type chain struct {
	from  int // the first of its nodes
	roles []orders.Role
	asks  bool // a person
}

type bill struct {
	order  orders.OrderID
	amount orders.Money
	due    string
}

func newLedger(customer string) ledger {
	return ledger{
		customer: orders.CustomerCode(customer), goods: orders.ProductCode("P-" + customer), consigned: orders.ProductCode("Q-" + customer),
		received: make(map[orders.ProductCode]int64), shipped: make(map[orders.ProductCode]int64), isExpected: make(map[orders.ProductCode]bool), dealt: make(map[int64]string), troubled: make(map[orders.OrderID]bool), ordered: make(map[orders.OrderID]content), chains: make(map[orders.OrderID]chain),
		billed: make(map[orders.OrderID]orders.Money), stands: make(map[orders.OrderID]content), agreed: make(map[orders.OrderID]orders.Money),
		payments: make(map[string]orders.Money), paidFor: make(map[string]orders.OrderID), claims: make(map[orders.OrderID][]claim), credited: make(map[orders.OrderID]orders.Money), letGo: make(map[orders.OrderID]orders.Money),
	}
}

// draw draws a content, on both sides of the amounts at which the rules differ.
func (h *history) draw() content {
	c := content{boxes: some(h, "boxes", int64(1), 100, 352, 353, 588, 589, 1200, 2352, 2353, 5882, 5883)}
	if !h.often("usual price") {
		c.boxes, c.special = 0, c.boxes
	}
	if !h.often("nothing on consignment") {
		c.consigned = some(h, "consigned", int64(1), 70, 300, 1000)
	}
	return c
}

// green draws a green channel.
func (h *history) green() orders.Green {
	from := h.now.Add(time.Duration(some(h, "from", 0, 0, 60, 600)) * time.Minute)
	return orders.Green{
		GreenSwitches: orders.GreenSwitches{
			Urgency: h.die("urgency", 3), SkipCredit: h.often("credit"), Safety: h.often("safety"), Production: h.often("production"), Customs: true,
		},
		From: from, Until: from.Add(time.Duration(h.between("green minutes", 30, 2000)) * time.Minute),
	}
}

func (c content) owed() orders.Money { return orders.Money(c.boxes*850 + c.special*777) }

func (c content) plus(d content) content {
	return content{boxes: c.boxes + d.boxes, special: c.special + d.special, consigned: c.consigned + d.consigned, urgent: c.urgent || d.urgent}
}

func (c content) total() orders.Money { return c.owed() + orders.Money(c.consigned*900) }

func (h *history) lines(c content) []orders.Line {
	var lines []orders.Line
	add := func(boxes int64, product orders.ProductCode, stated *decimal.Decimal) {
		if boxes > 0 {
			l := ordertest.Order("", h.customer, boxes, product).Lines[0]
			l.No, l.Stated = len(lines)+1, stated
			lines = append(lines, l)
		}
	}
	price := ordertest.Decimal("7.77")
	add(c.boxes, h.goods, nil)
	add(c.special, h.goods, &price)
	add(c.consigned, h.consigned, nil)
	return lines
}

// receive takes the first goods in.
func (h *history) receive(boxes int64) {
	h.received[h.goods], h.received[h.consigned] = boxes, boxes
	importCSV(h.on.t, h.on.store, "products", "code,name,unit,price,stock",
		fmt.Sprintf("%s,口罩,盒,8.5,%d", h.goods, boxes), fmt.Sprintf("%s,手套,盒,9,%d", h.consigned, boxes))
}

// stock brings goods into one of three warehouses, counts them there, moves them, or gives what is free to those who wait. Nothing else
// changes by it but orders that wait, which get more.
func (h *history) stock(verb string) {
	h.number++
	m := orders.StockMove{
		Kind: orders.MoveArrival, Key: fmt.Sprint(h.customer, h.number), Product: some(h, "product", h.goods, h.consigned), Warehouse: some(h, "warehouse", houses...),
		Quantity: decimal.NewFromInt(some(h, "goods", int64(1), 300, 1000, 4000)),
	}
	switch verb {
	case "count":
		m.Kind, m.Counted = orders.MoveCount, decimal.NewFromInt(int64(h.between("counted", 0, 6000)))
	case "move":
		m.Kind, m.From = orders.MoveTransfer, some(h, "giver", houses...)
	}
	var made *orders.StockMove
	var served []orders.OrderID
	who, may := orders.StaffCode("S20"), []orders.StaffCode{"S20", "S21", "S99"}
	if verb == "move" {
		may = []orders.StaffCode{"S14", "S20", "S99"}
	}
	if verb != "serve" {
		who = some(h, "keeper", append(slices.Repeat(may, 6), staffCodes...)...)
	}
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) (err error) {
		keeper := h.actor(who)
		if verb == "serve" {
			served, err = h.desk.Serve(tx, keeper, h.goods, h.consigned)
			return err
		}
		if made, served, err = h.desk.MoveStock(tx, m, keeper); err == nil && m.Kind != orders.MoveArrival {
			made, served, err = h.desk.SettleMove(tx, made.ID, true, keeper)
		}
		return err
	})
	if _, said := orders.ErrorMessage(err); err != nil {
		isDenied := !slices.Contains(may, who)
		require.True(h, said && (isDenied || verb != "receive" && verb != "serve"), "%s: %v", verb, err)
		require.Equal(h, isDenied, orders.ErrorCode(err) == orders.CodeDenied, "%s by %s: %v", verb, who, err)
		return
	}
	require.Contains(h, may, who)
	h.on.effects[verb]++
	if verb == "receive" || verb == "count" {
		h.received[m.Product] += made.Quantity.IntPart()
	}
	if verb == "receive" {
		h.arrived(m.Product, m.Warehouse, made.Quantity.IntPart())
	}
	for _, id := range served {
		before := h.known[id]
		after := h.see(id)
		h.changed[id] = true
		h.on.effects["served"]++
		require.True(h, before.Waits())
		require.Contains(h, append(onward, before.Status), after.Status)
		more := decimal.Zero
		for i := range after.Lines {
			more = more.Add(after.Lines[i].Reserved).Sub(before.Lines[i].Reserved)
		}
		require.True(h, more.IsPositive(), "%s got nothing", id)
	}
	h.reread()
	h.promised()
	if verb != "serve" && verb != "receive" {
		return
	}
	free, err := h.on.store.Available(h.Context(), h.goods, h.consigned)
	require.NoError(h, err)
	for id, o := range h.known { // and nobody waits for what is there
		for _, l := range o.Lines {
			require.False(h, o.Waits() && l.Short().IsPositive() && free[l.Product].IsPositive() && (verb == "serve" || l.Product == m.Product), "%s still waits for %s", id, l.Product)
		}
	}
}

// batchesOf are the orders that were split off an order.
func batchesOf(o *orders.Order) (parts []orders.OrderID) {
	for _, k := range o.Kin {
		if k.How == orders.KinPart {
			parts = append(parts, k.Order)
		}
	}
	return parts
}

// invoice sends an invoice for an order, seldom one that is due already, seldom a red one.
func (h *history) invoice(o *orders.Order) {
	b := bill{order: o.ID, amount: h.ordered[o.ID].owed(), due: h.now.AddDate(0, 0, h.between("days", 2, 30)).Format(time.DateOnly)}
	if parts := batchesOf(o); len(parts) > 0 && h.often("of the whole") { // whoever writes invoices may know its first number only
		for _, part := range parts {
			b.amount += h.ordered[part].owed()
		}
	} else if !h.often("all of it") {
		b.amount = orders.Money(h.between("fen", 1, 800_000)) * some(h, "sign", orders.Money(1), 1, -1)
	}
	if h.die("late", 4) == 3 {
		b.due = h.now.AddDate(0, 0, h.between("days", -3, 1)).Format(time.DateOnly)
	}
	report, err := h.on.store.Import(h.Context(), "invoices", fmt.Appendf(nil, "invoice,customer,amount,due,order\n%s-%d,%s,%s,%s,%s\n",
		h.customer, h.number, h.customer, b.amount.Yuan(), b.due, o.ID), false)
	require.NoError(h, err)
	isGone := o.Status == orders.StatusClosed && slices.ContainsFunc(o.Kin, func(k orders.Kin) bool { return k.How == orders.KinInto }) // it has no invoice of its own
	require.Equal(h, o.Status == orders.StatusDraft || b.amount == 0 || isGone, len(report.Refused) > 0, "%+v", report)
	if len(report.Refused) == 0 {
		h.invoices = append(h.invoices, b)
		h.bill(o.ID)
	}
}

// bill works out how much is invoiced of an order and of those that are one whole with it: what an order's invoices come to beyond itself
// is for what was split off it, later numbers last.
func (h *history) bill(id orders.OrderID) {
	over := func(id orders.OrderID) orders.OrderID {
		for _, k := range h.known[id].Kin {
			if k.How == orders.KinWhole {
				return k.Order
			}
		}
		return ""
	}
	isUnder := func(id, top orders.OrderID) bool {
		for up := over(id); up != ""; up = over(up) {
			if up == top {
				return true
			}
		}
		return false
	}
	top := id
	for over(top) != "" {
		top = over(top)
	}
	whole := slices.DeleteFunc(slices.Sorted(maps.Keys(h.known)), func(id orders.OrderID) bool { return id != top && !isUnder(id, top) })
	own, got := make(map[orders.OrderID]orders.Money), make(map[orders.OrderID]orders.Money)
	for _, b := range h.invoices {
		own[b.order] += max(0, b.amount)
	}
	for _, id := range whole {
		spare := own[id] - h.ordered[id].owed()
		for _, part := range whole {
			isOpen := !slices.Contains([]orders.Status{orders.StatusDraft, orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed}, h.known[part].Status)
			if n := min(spare, h.ordered[part].owed()-own[part]-got[part]); n > 0 && isOpen && isUnder(part, id) {
				got[part], got[id], spare = got[part]+n, got[id]-n, spare-n
				h.on.effects["invoiced with the whole"]++
			}
		}
	}
	for _, id := range whole {
		h.billed[id] = own[id] + got[id]
		h.again(id)
	}
}

// again reads an order that an action on another one may have changed.
func (h *history) again(id orders.OrderID) {
	was := h.known[id].Version
	if h.see(id).Version != was {
		h.changed[id] = true
	}
}

// relations reads all of a family again, which is another one's now.
func (h *history) relations(family orders.OrderID) {
	for _, id := range h.orders {
		if f := h.known[id].Family; f != "" && f == family {
			h.again(id)
		}
	}
}

func (h *history) pay() error {
	amount := h.overdue()
	if amount == 0 || !h.often("all that is overdue") {
		amount = orders.Money(h.between("fen", 1, 200_000))
	}
	var number string
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) (err error) {
		number, err = tx.Pay(orders.Payment{Customer: h.customer, Amount: amount, Day: h.now})
		return err
	})
	h.payments[number] = amount
	h.on.effects["pay"]++
	return err
}

// payOrder notes a payment for an order: where it is that a stage waited for, the stage may leave.
func (h *history) payOrder() (orders.OrderID, error) {
	if len(h.orders) == 0 {
		return "", nil
	}
	id := some(h, "paid order", h.orders...)
	for _, x := range h.orders { // mostly one that waits for it
		if n, _ := h.known[x].Owed(max(1, h.known[x].Stage()), false, h.now); n != nil && slices.Contains(onward[1:], h.known[x].Status) && h.often("one that waits") {
			id = x
		}
	}
	o := h.known[id]
	amount := some(h, "of it", o.Payable(), o.Payable()*3/10, 1)
	var number string
	err := h.on.store.Do(h.Context(), func(tx *storage.Tx) (err error) {
		_, number, err = h.desk.Receive(tx, id, max(1, amount), "", h.actor("S11"))
		return err
	})
	isOrder := !slices.Contains([]orders.Status{orders.StatusDraft, orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed}, o.Status)
	require.Equal(h, isOrder, err == nil, "%v", err)
	if !isOrder {
		return "", nil
	}
	h.payments[number], h.paidFor[number], h.changed[id] = max(1, amount), id, true
	h.on.effects["pay order"]++
	return id, nil
}

// void takes a payment back, and returns the order that it was for.
func (h *history) void() (orders.OrderID, error) {
	if len(h.payments) == 0 {
		return "", nil
	}
	number := some(h, "payment", slices.Sorted(maps.Keys(h.payments))...)
	id := h.paidFor[number]
	delete(h.payments, number)
	delete(h.paidFor, number)
	h.changed[id] = id != ""
	h.on.effects["void"]++
	return id, h.on.store.Do(h.Context(), func(tx *storage.Tx) error {
		_, _, err := h.desk.Unreceive(tx, number, "记错了", h.actor("S11"))
		return err
	})
}

// invoiced is how much of an order is.
func (l *ledger) invoiced(id orders.OrderID) orders.Money { return l.billed[id] }

// held is what an order in a status takes of the credit.
func (l *ledger) held(id orders.OrderID, s orders.Status) orders.Money {
	switch s {
	case orders.StatusDraft, orders.StatusCancelled, orders.StatusRejected, orders.StatusClosed:
		return 0
	default:
		return max(0, l.ordered[id].owed()-l.letGo[id]-l.invoiced(id))
	}
}

// account is what the customer's account must say.
func (h *history) account() orders.Account {
	var a orders.Account
	for id, o := range h.known {
		a.Held += h.held(id, o.Status)
	}
	for _, p := range h.payments {
		a.Paid += p
	}
	for _, b := range h.invoices {
		a.Invoiced += b.amount
	}
	a.Overdue.Amount = h.overdue()
	return a
}

// overdue is what should have been paid by yesterday.
func (h *history) overdue() orders.Money {
	var due, settled orders.Money
	for _, p := range h.payments {
		settled += p
	}
	for _, b := range h.invoices {
		switch {
		case b.amount < 0:
			settled -= b.amount
		case b.due < h.now.Format(time.DateOnly):
			due += b.amount
		}
	}
	return max(0, due-settled)
}

// calls tells who has to decide an order by the rules, when it is confirmed.
func (h *history) calls(o *orders.Order) chain {
	c, exposure := h.ordered[o.ID], h.account().Exposure()
	amount, out := c.total(), chain{from: len(o.Nodes)}
	isOver := h.limit > 0 && exposure > h.limit
	out.asks = c.special > 0 || isOver
	if h.isJoint {
		if amount >= 3000_00 || isOver {
			out.asks = true
			out.roles = append(out.roles, orders.RoleFinance, orders.RoleCFO)
		}
	} else {
		out.asks = out.asks || amount >= 5000_00 || h.level != "A" || h.grade == "C" || h.kind == "经销商"
		if amount >= 20000_00 || h.grade == "C" {
			out.roles = append(out.roles, orders.RoleCFO)
		}
	}
	if isOver || h.overdue() > 0 { // for which an exception was asked
		out.roles, out.asks = append(out.roles, orders.RoleFinance), true
	}
	if isOver {
		h.on.effects["over the limit"]++
	}
	if amount > 50000_00 {
		out.roles = append(out.roles, orders.RoleDirector)
	}
	return out
}

// isAway tells whether somebody is.
func (h *history) isAway(who orders.StaffCode) bool {
	days, ok := absent[who]
	return ok && !h.now.Before(ordertest.Start.AddDate(0, 0, days[0])) && h.now.Before(ordertest.Start.AddDate(0, 0, days[1]))
}

// agreed are who has consented to another part of the step of a node.
func agreed(o *orders.Order, n *orders.Node) (out []orders.StaffCode) {
	for _, x := range o.Nodes {
		if n.Stage != 0 && x.Stage == n.Stage && x.Status == orders.NodeApproved {
			out = append(out, x.DecidedBy)
		}
	}
	return out
}

// decides are the numbers of the nodes that somebody may decide.
func (h *history) decides(o *orders.Order, who orders.StaffCode) (out []int) {
	for i := range o.Nodes {
		n := &o.Nodes[i]
		said := agreed(o, n)
		if n.Status != orders.NodeOpen || o.Status != orders.StatusPendingApproval || slices.Contains(said, who) {
			continue
		}
		mine := func(who orders.StaffCode) bool {
			if slices.Contains(n.Extra, who) || n.Assignee != "" {
				return n.Assignee == who || slices.Contains(n.Extra, who)
			}
			return slices.ContainsFunc(historyRoles[who], func(r string) bool {
				return r == string(n.Role) || slices.Contains(n.Also, orders.Role(r))
			})
		}
		may := mine(who)
		for away, deputies := range standIns {
			i := slices.IndexFunc(deputies, func(d orders.StaffCode) bool { return !slices.Contains(said, d) })
			may = may || i >= 0 && deputies[i] == who && h.isAway(away) && mine(away)
		}
		if may {
			out = append(out, n.Seq)
		}
	}
	return out
}

// What somebody may do: it must not take effect, it may, or it must.
const (
	never = iota
	perhaps
	always
)

// may tells whether an action may take effect.
func (h *history) may(verb string, who orders.StaffCode, o *orders.Order, other orders.StaffCode) int {
	when := func(condition bool, then int) int {
		if condition {
			return then
		}
		return never
	}
	is := func(s ...orders.Status) bool { return slices.Contains(s, o.Status) }
	isDraft := is(orders.StatusDraft) && h.now.Before(o.ExpiresAt)
	decides := h.decides(o, who)
	switch verb {
	case "plan":
		return when(isDraft, perhaps)
	case "revise", "except":
		return when(isDraft, always)
	case "confirm":
		if o.Staged != nil { // its lines may have changed since
			return when(isDraft && (h.overdue() == 0 || o.Exception != ""), perhaps)
		}
		return when(isDraft && (h.overdue() == 0 || o.Exception != ""), always)
	case "approve", "reject", "send back":
		return when(len(decides) > 0, always)
	case "transfer":
		isSpent := len(decides) > 0 && slices.Contains(agreed(o, o.Node(decides[0])), other)
		return when(len(decides) > 0 && other != who && other != "S1" && !isSpent, always)
	case "add":
		return when(len(decides) > 0 && other != "S1", perhaps)
	case "skip":
		return when(is(orders.StatusPendingApproval) && (who == "S14" || who == "S99"), always)
	case "green", "close":
		mayAtAll := slices.Contains([]orders.StaffCode{"S13", "S14", "S50", "S99"}, who) && (isDraft || is(onward...))
		g := o.Green
		isThere := g != nil && g.State != orders.GreenClosed && h.now.Before(g.Until)
		return when(mayAtAll && (verb == "green" || isThere), always)
	case "cancel":
		if o.IsUnderway() { // not less than was invoiced
			return perhaps
		}
		return when(is(orders.StatusDraft) || is(onward...), always)
	case "ship":
		if who != "S20" && who != "S21" {
			return never
		}
		if o.Notice() != nil {
			return never
		}
		if o.Staged != nil { // which stage, and whether it is paid for: see left
			return when(is(onward[1:]...) || is(orders.StatusShipped, orders.StatusReturning), perhaps)
		}
		if len(o.Together()) > 0 && !is(orders.StatusShipped, orders.StatusReturning) { // all or none
			return when(is(orders.StatusApproved, orders.StatusAllocated, orders.StatusStocked, orders.StatusPicking), perhaps)
		}
		return max(when(is(orders.StatusAllocated, orders.StatusShipped), always), when(is(orders.StatusApproved, orders.StatusStocked, orders.StatusPicking, orders.StatusReturning), perhaps))
	case "advance":
		isMissing := (h.step == orders.ActStock || h.step == orders.ActPick) && !o.Covered() || h.step == orders.ActPick && o.Notice() != nil || h.step == orders.ActSchedule && o.Covered()
		return when(slices.Contains(whoAdvances[h.step], who) && slices.Contains(acts[o.Status], h.step) && !isMissing, always)
	case "together":
		return when(h.mayGoTogether(), always)
	case "apart":
		return when(is(onward...) && len(o.Together()) > 0, always)
	case "split":
		_, isBack := h.stands[o.ID]
		return when(is(onward...) && !isBack, perhaps)
	case "merge":
		_, isBack := h.stands[o.ID]
		return when(is(onward...) && !isBack && (o.Green == nil || o.Green.State == orders.GreenClosed), perhaps)
	case "amend":
		return when(is(onward...) && (h.overdue() == 0 || o.Exception != ""), perhaps)
	case "take":
		return when(o.Notice() != nil || o.Alert != nil && o.Alert.AckBy == "", perhaps)
	case "deliver":
		// The trace of what has come back goes on.
		return when(is(orders.StatusShipped, orders.StatusReturning, orders.StatusReturned) || o.IsUnderway(), perhaps)
	case "invoice":
		return when(!is(orders.StatusDraft), perhaps)
	default: // the clock
		return perhaps
	}
}

// see reads an order after something was done to it: its trail alone makes it again.
func (h *history) see(id orders.OrderID) *orders.Order {
	o, err := h.on.store.FindOrder(h.Context(), id)
	require.NoError(h, err)
	if was := h.known[id]; was != nil && was.Version == o.Version {
		require.Equal(h, was, o, "it has not changed")
		return o
	}
	again, err := h.on.store.Replay(h.Context(), id)
	require.NoError(h, err)
	require.Equal(h, o, again, "replayed")
	h.known[id] = o
	return o
}

// judge checks what became of an action.
func (h *history) judge(verb string, who orders.StaffCode, by orders.Actor, before *orders.Order, other *orders.Staff, c content, err error) {
	after := h.see(before.ID)
	may := h.may(verb, who, before, other.Code)
	if slices.Contains(returnVerbs, verb) {
		may = h.mayReturn(verb, who, before, h.drawn)
	}
	if err != nil || after.Version == before.Version {
		require.Equal(h, before.Version, after.Version, "%s was refused: %v", verb, err)
		require.NotEqual(h, always, may, "%s by %s: %v", verb, by.Name, err)
		h.on.effects["refused"]++
		if verb == "confirm" && h.overdue() > 0 {
			h.on.effects["overdue"]++
		}
		return
	}
	h.changed[after.ID] = true
	h.on.effects[verb]++
	require.NotEqual(h, never, may, "%s by %s took effect", verb, by.Name)
	first, isBack := h.stands[after.ID]
	isBack = isBack && (verb == "reject" || verb == "send back")
	switch {
	case verb == "revise", verb == "amend":
		h.amended(before, after, c, verb)
	case verb == "split":
		h.parted(before, after)
	case verb == "merge":
		h.joined(before, after)
	case isBack:
		h.ordered[after.ID] = first
		h.on.effects["changed back"]++
		h.apart(before, after)
	}
	if after.Status != orders.StatusPendingApproval {
		delete(h.stands, after.ID)
	}
	switch to := leads[verb]; {
	case before.IsUnderway() && !isBack:
		h.underway(verb, before, after)
	case verb == "ship" && after.IsUnderway():
		require.Contains(h, onward[1:], after.Status)
	case isBack:
		require.Contains(h, onward[1:], after.Status)
		require.Equal(h, first.total(), after.Total)
	case to != nil && before.Status != orders.StatusReturned: // what has come back stays so, see below
		require.Contains(h, to, after.Status)
	case verb == "tick" && before.Status == orders.StatusDraft:
		require.Contains(h, []orders.Status{orders.StatusDraft, orders.StatusClosed}, after.Status)
	case verb == "tick" && before.Green != nil && before.Green.State == orders.GreenWaiting && after.Green.State == orders.GreenOpen:
		require.Contains(h, append(onward, before.Status), after.Status)
	default:
		require.Equal(h, before.Status, after.Status)
	}

	var actor, changes string
	var at int64
	require.NoError(h, h.on.db.QueryRowContext(h.Context(), lastEntry, string(after.ID)).Scan(&actor, &at, &changes))
	require.Equal(h, by.Code, actor, "on record")
	require.NotEmpty(h, changes)
	if verb != "tick" && verb != "invoice" { // the clock of the store stands still
		require.Equal(h, h.now.UnixMilli(), at)
	}

	h.decided(verb, who, before, after)
	isOrder := slices.Contains(onward[1:], after.Status)
	if verb == "confirm" || verb == "amend" || verb == "merge" {
		h.chains[after.ID] = h.calls(before)
		if c := after.Change(0); verb == "amend" && c.Minor {
			h.chains[after.ID] = chain{from: len(before.Nodes)}
		}
		require.Equal(h, h.account().Exposure(), after.Exposure)
	}
	if verb == "confirm" || verb == "invoice" {
		account, err := h.on.store.Account(h.Context(), h.customer, h.now)
		require.NoError(h, err)
		require.Equal(h, h.overdue(), account.Overdue.Amount)
	}
	if isOrder && (verb == "amend" || verb == "merge" || !slices.Contains(onward[1:], before.Status)) && !isBack {
		h.approved(after)
	}
	if slices.Contains(returnVerbs, verb) {
		h.returned(verb, after, h.drawn)
	}
	switch verb {
	case "ship":
		if before.Deliveries() > 0 {
			h.left(before, after)
		} else if isFirst := len(before.Shipments) == 0; isFirst {
			h.leaves(after)
		}
	case "deliver":
		h.follows(after)
	case "together":
		h.goTogether(before, after)
	case "apart":
		require.Empty(h, after.Together())
		for _, id := range before.Together() {
			h.changed[id] = true
			require.NotContains(h, h.see(id).Together(), after.ID)
		}
	case "tick":
		h.ticked(before, after)
	}
}

// left checks a shipment of a staged order: the goods of one stage have left, that was paid for where it had to be.
func (h *history) left(before, after *orders.Order) {
	boxes := decimal.Zero
	for i := range after.Lines {
		l := &after.Lines[i]
		n := l.Sent.Sub(before.Lines[i].Sent)
		boxes = boxes.Add(n)
		h.shipped[l.Product] += n.IntPart()
	}
	if len(after.Work.Stages.Sent) == len(before.Work.Stages.Sent) {
		require.True(h, boxes.IsZero(), "another parcel of what has left")
		return
	}
	require.True(h, boxes.IsPositive())
	h.on.effects["stage"]++
	if k := before.Stage(); before.Staged.Release == orders.ReleasePaid && len(before.Staged.Nodes) > 0 {
		need := before.Payable().Yuan().Mul(ordertest.Decimal("0.3"))
		if k > 1 {
			need = before.Payable().Yuan().Mul(ordertest.Decimal("0.6333"))
		}
		require.GreaterOrEqual(h, before.Work.Paid, orders.MoneyOf(need), "not before it is paid for")
		h.on.effects["paid stage"]++
	}
}

// underway checks where an order is after something was done to it between two stages.
func (h *history) underway(verb string, before, after *orders.Order) {
	switch verb {
	case "cancel": // what has left is the order
		for _, l := range after.Lines {
			require.True(h, l.Sent.Equal(l.Base))
		}
		h.ordered[after.ID] = h.contentOf(after, h.ordered[after.ID].urgent)
		require.Contains(h, backward, after.Status)
		h.on.effects["cut"]++
	case "ship":
		require.Contains(h, append(backward, onward[1:]...), after.Status)
	case "green", "close", "tick", "advance":
		require.Contains(h, onward[1:], after.Status)
	default:
		require.Equal(h, before.Status, after.Status)
	}
}

// amended checks a change: what it is measured against, and what it goes back to.
func (h *history) amended(before, after *orders.Order, c content, verb string) {
	was := h.ordered[after.ID]
	c.urgent = was.urgent
	h.ordered[after.ID] = c
	if verb != "amend" {
		return
	}
	isApproved := slices.Contains(onward[1:], before.Status)
	x := after.Change(0)
	if _, ok := h.stands[after.ID]; isApproved && !ok {
		h.stands[after.ID] = was
	}
	require.Equal(h, isApproved || before.Status == orders.StatusPendingApproval && x.Notice != nil, x.Notice.Ringing(), "the warehouse hears of it")
	if x.Minor {
		require.True(h, isApproved && (!h.isJoint || c == was) && c.special == 0)
		require.LessOrEqual(h, max(c.total()-h.agreed[after.ID], h.agreed[after.ID]-c.total()), orders.Money(500_00))
		h.on.effects["small"]++
	}
}

// parted checks what became of an order that was split: the parts are the whole, in goods, money, stock held and credit, and what was
// decided of it holds for all of them.
func (h *history) parted(before, after *orders.Order) {
	whole, rest := h.ordered[before.ID], content{}
	held, credit, amount, freight := decimal.Zero, orders.Money(0), orders.Money(0), orders.Money(0)
	ids := append([]orders.OrderID{after.ID}, after.Change(0).Plan.Made...)
	for i, id := range ids {
		o := after
		if i > 0 {
			o = h.see(id)
			h.orders = append(h.orders, id)
			h.changed[id] = true
			h.chains[id] = h.chains[before.ID]
			if n := h.chains[id]; n.asks { // what was decided before has passed as such
				var left []orders.Role
				for _, role := range n.roles {
					if slices.ContainsFunc(o.Nodes, func(x orders.Node) bool { return x.Role == role && x.Status != orders.NodePassed }) {
						left = append(left, role)
					}
				}
				h.chains[id] = chain{roles: left, asks: slices.ContainsFunc(o.Nodes, func(x orders.Node) bool { return x.Status == orders.NodeOpen })}
			}
			h.agreed[id] = o.Total
			require.Contains(h, o.Kin, orders.Kin{Order: after.ID, How: orders.KinWhole, At: h.now.UTC()})
			require.Contains(h, after.Kin, orders.Kin{Order: id, How: orders.KinPart, At: h.now.UTC()})
			require.Equal(h, before.ConfirmedAt, o.ConfirmedAt)
			require.Equal(h, before.Route, o.Route)
			require.Equal(h, before.ReservedUntil, o.ReservedUntil)
		}
		require.Equal(h, after.Family, o.Family)
		c := h.contentOf(o, whole.urgent)
		for _, l := range o.Lines {
			held, amount = held.Add(l.Reserved), amount+l.Amount
		}
		h.ordered[id], rest = c, rest.plus(c)
		credit, freight = credit+o.Held, freight+o.Freight.Amount
	}
	reserved := decimal.Zero
	for _, l := range before.Lines {
		reserved = reserved.Add(l.Reserved)
	}
	require.Equal(h, whole, rest)
	require.Equal(h, before.Total, amount)
	require.Equal(h, before.Freight.Amount, freight)
	require.Equal(h, before.Held, credit)
	require.True(h, held.GreaterThanOrEqual(reserved), "held %s of %s", held, reserved)
	if h.agreed[before.ID] != 0 {
		h.agreed[before.ID] = after.Total
	}
	if before.Status != orders.StatusPendingApproval {
		require.NotEqual(h, orders.StatusPendingApproval, after.Status, "nothing is to be approved that was")
		require.True(h, after.Notice() != nil, "the warehouse hears of it")
	}
}

// joined checks what became of an order that another one went into: it is both, and no approval of before covers it.
func (h *history) joined(before, after *orders.Order) {
	x := after.Change(0)
	from := h.known[x.Plan.Other]
	gone := h.see(from.ID)
	h.changed[from.ID] = true
	require.Equal(h, orders.StatusClosed, gone.Status)
	require.Equal(h, before.Total+from.Total, after.Total)
	require.Equal(h, before.Freight.Amount+from.Freight.Amount, after.Freight.Amount)
	require.Zero(h, gone.Held)
	held := decimal.Zero
	for _, o := range []*orders.Order{before, from} {
		for _, l := range o.Lines {
			held = held.Sub(l.Reserved)
		}
	}
	for _, l := range after.Lines {
		held = held.Add(l.Reserved)
	}
	require.False(h, held.IsNegative(), "less is held")
	if slices.Contains(onward[1:], before.Status) {
		h.stands[after.ID] = h.ordered[before.ID]
	}
	if after.Status == orders.StatusPendingApproval {
		h.on.effects["merged to be approved"]++
	}
	h.ordered[after.ID] = h.ordered[before.ID].plus(h.ordered[from.ID])
	h.relations(from.Family)
}

// apart looks at the orders that had gone into one and have not after all.
func (h *history) apart(before, after *orders.Order) {
	for i, c := range before.Changes {
		if c.Kind != orders.ChangeMerge || c.Status != orders.ChangeWaiting {
			continue
		}
		require.Equal(h, orders.ChangeRefused, after.Changes[i].Status)
		o := h.see(c.Plan.Other)
		h.changed[o.ID] = true
		require.Contains(h, append(onward[1:], orders.StatusDraft), o.Status, "it is an order again")
		h.relations(before.Family)
		h.on.effects["unmerged"]++
	}
}

// decided checks whose decisions an action made: one node by somebody who may, or all that are skipped.
func (h *history) decided(verb string, who orders.StaffCode, before, after *orders.Order) {
	var now []orders.Node
	for _, n := range after.Nodes {
		was := before.Node(n.Seq)
		switch {
		case n.Status == orders.NodePassed:
		case was != nil && !was.DecidedAt.IsZero():
			require.Equal(h, *was, n, "what is decided stays")
		case !n.DecidedAt.IsZero():
			now = append(now, n)
		}
	}
	status, ok := map[string]orders.NodeStatus{
		"approve": orders.NodeApproved, "reject": orders.NodeRejected, "send back": orders.NodeReturned, "transfer": orders.NodeTransferred, "skip": orders.NodeSkipped,
	}[verb]
	if verb == "green" || verb == "tick" { // a green channel that begins leaves out the look at the credit, nothing else
		for _, n := range now {
			require.True(h, after.Green.SkipCredit && h.now.Before(after.Green.Until))
			require.Equal(h, orders.NodeSkipped, n.Status)
			require.Equal(h, orders.RoleFinance, n.Role)
			require.Equal(h, orders.NodeOpen, before.Node(n.Seq).Status)
			h.on.effects["left out"]++
		}
		return
	}
	if !ok {
		require.Empty(h, now, "nobody has decided")
		return
	}
	if verb == "skip" {
		require.Len(h, now, len(before.OpenNodes()))
	} else {
		require.Len(h, now, 1, "a person's consent counts once")
		require.Contains(h, h.decides(before, who), now[0].Seq)
	}
	for _, n := range now {
		require.Equal(h, status, n.Status)
		require.Equal(h, who, n.DecidedBy)
		require.True(h, h.now.Equal(n.DecidedAt))
		if strings.Contains(n.Name, "代") {
			h.on.effects["by a deputy"]++
		}
		if len(agreed(after, &n)) > 1 {
			h.on.effects["two of one step"]++
		}
	}
}

// approved checks that all have decided whom the last confirmation called for.
func (h *history) approved(o *orders.Order) {
	c := h.chains[o.ID]
	nodes := o.Nodes[c.from:]
	has := func(role orders.Role) bool {
		return slices.ContainsFunc(nodes, func(n orders.Node) bool {
			return (n.Status == orders.NodeApproved || n.Status == orders.NodeSkipped) && (role == "" || n.Role == role) && !n.DecidedAt.Before(o.ConfirmedAt)
		})
	}
	for _, role := range c.roles {
		require.True(h, has(role), "%s has not decided: %+v", role, nodes)
	}
	require.True(h, !c.asks || has(""), "nobody has decided")
	for _, n := range nodes {
		if n.Status == orders.NodeVoid && o.Family != "" { // asked anew of each part
			continue
		}
		require.Contains(h, []orders.NodeStatus{orders.NodeApproved, orders.NodePassed, orders.NodeSkipped, orders.NodeTransferred}, n.Status)
		said := agreed(o, &n)
		slices.Sort(said)
		require.Equal(h, said, slices.Compact(slices.Clone(said)), "two people for two roles")
	}
	if last := o.Change(0); last == nil || !last.Minor {
		h.agreed[o.ID] = o.Total
	}
	h.on.effects["approved"]++
	if c.from > 0 {
		h.on.effects["approved again"]++
	}
	if !o.Covered() {
		h.on.effects["short"]++
	}
}

// ticked checks that the clock left nothing undone.
func (h *history) ticked(before, after *orders.Order) {
	isPast := func(t time.Time) bool { return !t.IsZero() && !t.After(h.now) }
	require.False(h, after.Status == orders.StatusDraft && isPast(after.ExpiresAt))
	require.False(h, isPast(after.ReservedUntil))
	if g := after.Green; g != nil && !after.Status.Ended() {
		require.False(h, g.State == orders.GreenWaiting && isPast(g.From) || g.State != orders.GreenClosed && isPast(g.Until))
		if was := before.Green; was.State != orders.GreenClosed && g.State == orders.GreenClosed {
			h.on.effects["green over"]++
		}
	}
	if after.Status == orders.StatusClosed {
		h.on.effects["expired"]++
	}
	if isPast(before.ReservedUntil) {
		h.on.effects["reservation over"]++
	}
	for _, n := range after.OpenNodes() {
		if isPast(n.DueAt) {
			require.Equal(h, 2, n.Reminded)
			require.NotEmpty(h, n.Extra)
			if before.Node(n.Seq).Reminded < 2 {
				h.on.effects["escalated"]++
			}
		}
	}
}

// figuresOf asks the tables for what balanced compares.
const figuresOf = `SELECT 'stock' AS what, product AS name, SUM(on_hand) AS a, SUM(reserved) AS b, SUM(allocated) AS c FROM stock WHERE product IN (?, ?) GROUP BY product
	UNION ALL SELECT 'unmatched', '', COUNT(*), 0, 0 FROM stock s WHERE s.product IN (?, ?) AND (s.reserved + s.allocated > s.on_hand OR s.reserved + s.allocated <>
		COALESCE((SELECT SUM(r.quantity) FROM reservations r WHERE r.product = s.product AND r.warehouse = s.warehouse), 0))
	UNION ALL SELECT kind, product, SUM(quantity), 0, 0 FROM reservations WHERE product IN (?, ?) GROUP BY kind, product
	UNION ALL SELECT 'expected', product, SUM(quantity - arrived), 0, 0 FROM receipts WHERE product IN (?, ?) GROUP BY product
	UNION ALL SELECT 'account', customer, held, invoiced, paid FROM credit WHERE customer = ?
	UNION ALL SELECT 'order', id, version, held, invoiced FROM orders WHERE customer = ?
	UNION ALL SELECT 'trail', a.order_id, COUNT(*), 0, 0 FROM audit a JOIN orders o ON o.id = a.order_id WHERE o.customer = ? GROUP BY a.order_id
	UNION ALL SELECT 'ownerless', '', COUNT(*), 0, 0 FROM orders o WHERE o.customer = ? AND (NOT EXISTS (SELECT 1 FROM staff s WHERE s.code = o.sales)
		OR o.status = 'pending_approval' AND NOT EXISTS (SELECT 1 FROM order_nodes n WHERE n.order_id = o.id AND n.status = 'open'))`

const lastEntry = `SELECT actor, at, changes FROM audit WHERE order_id = ? ORDER BY id DESC LIMIT 1`

// balanced checks what must hold at all times: goods, money and credit add up, nothing but what was acted upon has changed, every
// change is on record, and somebody is there to go on with every order.
func (h *history) balanced() {
	rows, err := h.on.db.QueryContext(h.Context(), figuresOf, h.goods, h.consigned, h.goods, h.consigned, h.goods, h.consigned, h.goods, h.consigned, h.customer, h.customer, h.customer, h.customer)
	require.NoError(h, err)
	defer rows.Close()
	have := make(map[string][3]int64)
	for rows.Next() {
		var what, name string
		var n [3]int64
		require.NoError(h, rows.Scan(&what, &name, &n[0], &n[1], &n[2]))
		have[what+" "+name] = n
	}
	require.NoError(h, rows.Err())

	const micro = 1_000_000
	a := h.account()
	want := map[string][3]int64{"ownerless ": {}, "unmatched ": {}, "account": {int64(a.Held), int64(a.Invoiced), int64(a.Paid)}}
	have["account"] = have["account "+string(h.customer)] // none before there is any money
	delete(have, "account "+string(h.customer))
	soft, firm := make(map[orders.ProductCode]int64), make(map[orders.ProductCode]int64)
	for id, o := range h.known {
		want["order "+string(id)] = [3]int64{int64(o.Version), int64(h.held(id, o.Status)), int64(h.invoiced(id))}
		if entries := have["trail "+string(id)][0]; h.changed[id] {
			require.Greater(h, entries, h.recorded[id], "on record")
			h.recorded[id] = entries
		} else if h.noted[id] {
			require.GreaterOrEqual(h, entries, h.recorded[id], "nothing is taken off the record")
			h.recorded[id] = entries
		}
		want["trail "+string(id)] = [3]int64{h.recorded[id]}
		h.sound(o)
		for _, l := range o.Lines {
			n := l.Reserved.Shift(6).IntPart()
			switch o.Status {
			case orders.StatusPendingApproval:
				if _, ok := h.stands[id]; ok { // it was approved before
					firm[l.Product] += n
				} else {
					soft[l.Product] += n
				}
			case orders.StatusApproved, orders.StatusAllocated, orders.StatusScheduled, orders.StatusInProduction, orders.StatusInspected, orders.StatusStocked, orders.StatusPicking:
				firm[l.Product] += n
			case orders.StatusShipped, orders.StatusDelivered, orders.StatusReturning, orders.StatusReturned: // gone; the line says how much
				require.True(h, l.Base.Equal(l.Reserved.Add(l.Sent)), "all of it has left")
			default:
				require.Zero(h, n, "%s reserves nothing", o.Status)
			}
		}
	}
	for _, p := range []orders.ProductCode{h.goods, h.consigned} {
		want["stock "+string(p)] = [3]int64{(h.received[p] - h.shipped[p]) * micro, soft[p], firm[p]}
		if n := h.expects(p, ""); h.isExpected[p] {
			want["expected "+string(p)] = [3]int64{n * micro}
		}
		if soft[p] > 0 {
			want["soft "+string(p)] = [3]int64{soft[p]}
		}
		if firm[p] > 0 {
			want["firm "+string(p)] = [3]int64{firm[p]}
		}
	}
	require.Equal(h, want, have)
	clear(h.changed)
	clear(h.noted)
}

// contentOf is what the lines of an order ask for.
func (h *history) contentOf(o *orders.Order, urgent bool) content {
	c := content{urgent: urgent}
	for _, l := range o.Lines {
		switch n := l.Base.IntPart(); {
		case l.Product == h.consigned:
			c.consigned += n
		case l.Stated != nil:
			c.special += n
		default:
			c.boxes += n
		}
	}
	return c
}

// sound checks an order by itself.
func (h *history) sound(o *orders.Order) {
	c := h.ordered[o.ID]
	require.Equal(h, c.total(), o.Total)
	require.Equal(h, c, h.contentOf(o, c.urgent))
	require.Equal(h, c.total()-orders.Money(c.consigned*900), o.Receivable())
	require.EqualValues(h, "S1", o.Sales, "its owner")
	if o.Status == orders.StatusPendingApproval {
		require.True(h, slices.ContainsFunc(staffCodes, func(s orders.StaffCode) bool { return !h.isAway(s) && len(h.decides(o, s)) > 0 }), "somebody to decide %s", o.ID)
	}
	require.False(h, o.Status == orders.StatusAllocated && !o.Covered())
	_, isFirm := h.stands[o.ID] // an approved order whose change waits: its stock ends with the decision
	for _, l := range o.Lines { // every reservation ends
		require.False(h, o.Status == orders.StatusPendingApproval && !isFirm && l.Reserved.IsPositive() && o.ReservedUntil.IsZero())
		require.False(h, l.Reserved.IsNegative() || l.Reserved.GreaterThan(l.Base))
		if isLaid := slices.Contains(onward, o.Status); isLaid && o.Deliveries() > 0 { // the stages are the order
			sent, sum := len(o.Work.Stages.Sent), decimal.Zero
			for k, s := range o.Staged.Stages {
				if sum = sum.Add(s.Base[l.No]); k+1 == sent {
					require.True(h, l.Sent.Equal(sum), "what has left")
				}
			}
			require.True(h, sum.Equal(l.Base), "%s of %s", sum, l.Base)
			require.False(h, l.Reserved.GreaterThan(o.Staged.Stages[sent].Base[l.No]), "only what leaves next is held")
		}
	}
	var paid orders.Money
	for number, id := range h.paidFor {
		if id == o.ID {
			paid += h.payments[number]
		}
	}
	require.Equal(h, paid, o.Work.Paid)
	due := orders.Money(0)
	for _, n := range o.Instalments() {
		require.GreaterOrEqual(h, n.Amount, orders.Money(0))
		due += n.Amount
	}
	require.True(h, len(o.Instalments()) == 0 || due == o.Payable(), "the payments are the order")
	isOpen := o.Green != nil && o.Green.State == orders.GreenOpen
	require.Equal(h, c.urgent || isOpen && o.Green.Urgency > 0, o.Urgent, "urgent because somebody said so, or by its channel")
	for _, id := range o.Together() {
		require.Contains(h, h.known[id].Together(), o.ID, "they go together, both")
	}
	require.False(h, o.UseSafety && !isOpen)
	for _, k := range o.Kin {
		require.True(h, k.How == orders.KinTogether || h.known[k.Order].Family == o.Family, "%s and %s are of one family", o.ID, k.Order)
	}
}
