package notify

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// The kinds of deliveries about exceptions besides [KindException].
const (
	KindExceptionTask    = "exception.task"    // to the account manager: talk to the customer
	KindExceptionSettled = "exception.settled" // replaces each card about an exception
	KindExceptionOver    = "exception.over"    // an exception has solved itself
	KindMeeting          = "exception.meeting" // to all roles: a major delivery risk
	KindCountdown        = "urgent.countdown"  // to the warehouse's lead and the salesperson
	KindEarly            = "stock.early"       // to operations, with buttons: stock is to be kept for a customer
	KindEarlySettled     = "stock.early.settled"
	KindSilent           = "customer.silent" // to the salesperson: a weekly buyer has not bought
)

// exceptional tells of an exception: its opening to whose business it is, once more when half of the time is over, to those above when
// all of it is.
func (n *news) exceptional() error {
	x, err := n.exception()
	if err != nil || x == nil {
		return err
	}
	switch n.e.Kind {
	case orders.EventException:
		return n.opened(x)
	case orders.EventExceptionAgain:
		return n.again(x)
	case orders.EventExceptionLevel:
		return n.worse(x)
	case orders.EventExceptionClosed:
		if x.State == orders.ExceptionClosed && x.By == orders.SystemActor.Code {
			n.toOwners(x, KindExceptionOver, cards.ExceptionOver(n.o, x))
		}
		return n.settleException(x)
	default:
		return nil
	}
}

// exception is the one that the event is about, nil if there is none.
func (n *news) exception() (*orders.Exception, error) {
	all, err := n.tx.Exceptions(n.o.ID)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if strconv.FormatInt(x.ID, 10) == n.e.Data["exception"] {
			return x, nil
		}
	}
	return nil, nil
}

// opened tells whose business an exception is, with what may solve it. Of most the people concerned hear by the event that brought it.
func (n *news) opened(x *orders.Exception) error {
	if x.State != orders.ExceptionOpen || n.e.Data["times"] != strconv.Itoa(x.Times) {
		return nil
	}
	switch x.Kind {
	case orders.ExceptionApproval, orders.ExceptionCarrier, orders.ExceptionAddress: // the event that brought it says so
		return nil
	case orders.ExceptionStock:
		return n.offer(x)
	case orders.ExceptionStalled:
		n.toSales(KindException, cards.Exception(n.d.o.Signer, n.o, x, cards.ExceptionView{Catalog: n.cat, Now: n.now}))
		if err := n.tellCustomer(KindDelayed); err != nil {
			return err
		}
	default:
	}
	n.toOwners(x, KindException, cards.Exception(n.d.o.Signer, n.o, x, cards.ExceptionView{Catalog: n.cat, Now: n.now}))
	return nil
}

// offer says what may help an order that lacks stock: other goods of which there are enough, to the salesperson; the new date, to the
// customer. Purchasing and the salesperson hear of the shortage itself by its event.
func (n *news) offer(x *orders.Exception) error {
	var offers []cards.Offer
	for i := range n.o.Lines {
		l := &n.o.Lines[i]
		if !l.Short().IsPositive() || l.Gift {
			continue
		}
		offer := cards.Offer{Line: i}
		for _, p := range n.cat.Substitutes(n.cat.Customer(n.o.Customer), l.Product, n.now) {
			if p.Kind == orders.ProductBundle || len(offer.Instead) == offersMost {
				continue
			}
			all, err := n.tx.Supply(p.Code)
			if err != nil {
				return err
			}
			if s := all[p.Code]; s.Free.Sub(s.Waiting).GreaterThanOrEqual(l.Base) {
				offer.Instead = append(offer.Instead, p)
			}
		}
		offers = append(offers, offer)
	}
	if m, ok := cards.Offers(n.o, x, offers); ok {
		n.toSales(KindException, m)
	}
	day := n.o.LacksUntil()
	if due, ok := orders.WantedBy(n.o.Wanted()); day.IsZero() || ok && !day.After(due) {
		return nil // it is not known, or comes in time
	}
	all, err := n.tx.Exceptions(n.o.ID)
	if err != nil || slices.ContainsFunc(all, func(y *orders.Exception) bool { return y.State == orders.ExceptionOpen && y.IsLate() }) {
		return err // that is told already
	}
	return n.tellCustomer(KindDelayed)
}

// offersMost is how many other goods are offered for a line.
const offersMost = 3

// again repeats an exception that nobody has taken, and escalates one that was not dealt with in its time.
func (n *news) again(x *orders.Exception) error {
	step := n.e.Data["step"]
	if x.State != orders.ExceptionOpen || step != strconv.Itoa(x.Step) || step == "1" && x.Owner != "" {
		return nil
	}
	m := cards.Exception(n.d.o.Signer, n.o, x, cards.ExceptionView{Catalog: n.cat, Now: n.now})
	if step == "1" {
		n.toOwners(x, KindException, m)
		return nil
	}
	var up []*orders.Staff
	for _, s := range n.owners(x) {
		if above := n.cat.StaffByCode(s.Superior); above != nil && !slices.Contains(up, above) {
			up = append(up, above)
		}
	}
	reached := false
	for _, all := range [][]*orders.Staff{up, n.cat.StaffWith(orders.RoleOperations), n.cat.StaffWith(orders.RoleManagement)} {
		for _, s := range all {
			reached = n.tell(s, KindException, m, staffPlatforms...) || reached
		}
		if reached {
			return nil
		}
	}
	n.toOverseers(KindException, m)
	return nil
}

// owners are those whose business an exception is.
func (n *news) owners(x *orders.Exception) []*orders.Staff {
	if s := n.cat.StaffByCode(x.Owner); x.Owner != "" && s != nil {
		return []*orders.Staff{s}
	}
	customer := n.cat.Customer(n.o.Customer)
	switch x.Role {
	case orders.RoleSales:
		if s := n.cat.StaffByCode(n.o.Sales); s != nil {
			return []*orders.Staff{s}
		}
		return nil
	case orders.RoleAccountManager:
		if s := n.cat.ManagerOf(customer); s != nil {
			return []*orders.Staff{s}
		}
		if all := n.cat.StaffWith(x.Role); len(all) > 0 {
			return all
		}
		if s := n.cat.StaffByCode(n.o.Sales); s != nil {
			return []*orders.Staff{s}
		}
		return nil
	case orders.RoleWarehouseLead:
		if all := n.cat.StaffWith(x.Role); len(all) > 0 {
			return all
		}
		return n.cat.StaffWith(orders.RoleWarehouse)
	default:
		return n.cat.StaffWith(x.Role)
	}
}

// toOwners tells those whose business an exception is; where they can't be reached, the overseers.
func (n *news) toOwners(x *orders.Exception, kind string, m cards.Message) {
	reached := false
	for _, s := range n.owners(x) {
		reached = n.tell(s, kind, m, staffPlatforms...) || reached
	}
	if !reached {
		n.toOverseers(kind, m)
	}
}

// worse does what the level of a delay calls for: the customer is told; the account manager has to talk to them; all roles have to
// meet.
func (n *news) worse(x *orders.Exception) error {
	if x.State != orders.ExceptionOpen || n.e.Data["level"] != strconv.Itoa(x.Level) {
		return nil
	}
	switch x.Level {
	case 1:
		return n.tellCustomer(KindDelayed)
	case 2:
		n.toOwners(x, KindExceptionTask, cards.DelayTask(n.d.o.Signer, n.o, x, cards.ExceptionView{Catalog: n.cat, Now: n.now}))
		return n.tellCustomer(KindDelayed)
	default:
		return n.meet(x)
	}
}

// meetingRoles are called together about a major delivery risk.
var meetingRoles = []orders.Role{
	orders.RoleSales, orders.RoleAccountManager, orders.RolePlanner, orders.RoleWarehouseLead, orders.RoleFinance, orders.RolePurchasing, orders.RoleOperations,
}

// meet calls all roles together, once, with a summary: order, causes, options.
func (n *news) meet(x *orders.Exception) error {
	all, err := n.tx.Exceptions(n.o.ID)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(all, func(y *orders.Exception) bool { return y.State != orders.ExceptionOpen })
	var who []*orders.Staff
	var missing []string
	for _, role := range meetingRoles {
		found := n.cat.StaffWith(role)
		switch role {
		case orders.RoleSales:
			found = n.owners(&orders.Exception{Role: role})
		case orders.RoleAccountManager:
			found = n.owners(&orders.Exception{Role: role})
		default:
		}
		if len(found) == 0 {
			missing = append(missing, role.String())
		}
		for _, s := range found {
			if !slices.Contains(who, s) {
				who = append(who, s)
			}
		}
	}
	names := make([]string, len(who))
	for i, s := range who {
		names[i] = s.Name
	}
	m := cards.Meeting(n.o, x, open, cards.ExceptionView{Catalog: n.cat, Now: n.now, Who: strings.Join(names, "、"), Missing: strings.Join(missing, "、")})
	reached := false
	for _, s := range who {
		reached = n.tell(s, KindMeeting, m, staffPlatforms...) || reached
	}
	if !reached {
		n.toOverseers(KindMeeting, m)
	}
	return n.tellCustomer(KindDelayed)
}

// settleException brings every card about an exception that is over to what became of it.
func (n *news) settleException(x *orders.Exception) error {
	if x.State == orders.ExceptionOpen {
		return nil
	}
	m := cards.ExceptionSettled(n.o, x)
	var err error
	for _, kind := range []string{KindException, KindExceptionTask} {
		sent, failed := n.tx.DeliveriesOf(n.o.ID, kind)
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		about := make(map[string]bool)
		for _, d := range sent {
			about[d.Key] = cards.AboutException(d.Body, x.ID)
		}
		err = n.settle(kind, KindExceptionSettled, func(key string) bool { return about[key] }, m)
	}
	return err
}

// countDown tells how much of an urgent order's time is left: the warehouse before the goods are out, the salesperson always.
func (n *news) countDown() error {
	x, err := n.exception()
	if err != nil || x == nil || x.State != orders.ExceptionWatched || len(n.o.Shipments) > 0 && n.o.Status.Ended() {
		return err
	}
	m := cards.Countdown(n.o, x, n.e.Data["percent"], n.now)
	if len(n.o.Shipments) == 0 {
		x.Role = orders.RoleWarehouseLead
		n.toOwners(x, KindCountdown, m)
	}
	n.toSales(KindCountdown, m)
	return nil
}

// toldBefore tells whether a parcel's trouble was told not long ago: the same cause is told once in the time for an exception.
func (n *news) toldBefore() (bool, error) {
	all, err := n.tx.Exceptions(n.o.ID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all, func(x *orders.Exception) bool {
		isParcel := x.Kind == orders.ExceptionCarrier || x.Kind == orders.ExceptionAddress
		return isParcel && x.Cause == n.e.Data["shipment"] && x.State == orders.ExceptionOpen && x.Times > 1 && n.now.Sub(x.Told) > time.Minute
	}), nil
}

// recordUrgent notes the three effects of an urgent order.
func (n *news) recordUrgent(first *orders.Staff) error {
	copied := "没有财务可抄送"
	if all := n.cat.StaffWith(orders.RoleFinance); len(all) > 0 {
		names := make([]string, len(all))
		for i, s := range all {
			names[i] = s.Name
		}
		copied = "抄送财务" + strings.Join(names, "、") + "看信用"
	}
	return n.tx.Audit(orders.AuditEntry{
		Order: n.o.ID, At: n.now, Actor: orders.SystemActor.Code, Action: "加急提醒",
		After: "通知" + first.Name + "，库存看板标红，" + copied, Trace: n.e.Trace,
	})
}
