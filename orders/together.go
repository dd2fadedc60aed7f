package orders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// TogetherLeast is how many orders of a customer to one address are proposed to be shipped together, and TogetherMost how many at most.
const (
	TogetherLeast = 3
	TogetherMost  = 8
)

// Together are the other orders with which this one is shipped as one shipment (一起发), sorted.
func (o *Order) Together() []OrderID {
	var out []OrderID
	for _, k := range o.Kin {
		if k.How == KinTogether {
			out = append(out, k.Order)
		}
	}
	slices.Sort(out)
	return out
}

// MayShip tells whether the order is approved and its goods are still there.
func (o *Order) MayShip() bool {
	return o.Status != StatusPendingApproval && slices.Contains(BeforeShipping, o.Status) && len(o.Shipments) == 0 && o.Deliveries() == 0
}

// ShipsTo is where the order's goods go: its own address, else the customer's; "" where they are fetched or nobody knows.
func (o *Order) ShipsTo(cat *Catalog) string {
	address := strings.TrimSpace(o.Address)
	if c := cat.Customer(o.Customer); address == "" && c != nil {
		address = strings.TrimSpace(c.Address)
	}
	if o.Carrier == pickUp {
		return ""
	}
	return address
}

// ShipTogether lets orders of one customer to one address go as one shipment: shipping one of them ships all.
func (d *Desk) ShipTogether(tx Tx, ids []OrderID, by Actor) ([]*Order, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) < 2 || len(ids) > TogetherMost {
		return nil, Errorf(CodeInvalid, "一起发要 2 到 %d 单，没有改动", TogetherMost)
	}
	all, isNew := make([]*Order, len(ids)), false
	for i, id := range ids {
		o, err := tx.Order(id)
		if err != nil {
			return nil, err
		}
		first := o
		if all[i] = o; i > 0 {
			first = all[0]
		}
		switch to := o.ShipsTo(d.Catalog()); {
		case o.Deliveries() > 0:
			return nil, Errorf(CodeConflict, "%s 分期发货，不能和别的单一起发，没有改动", o.ID)
		case !o.MayShip():
			return nil, Errorf(CodeConflict, "%s 是「%s」，批准了还没出库的单才能一起发，没有改动", o.ID, o.Status)
		case to == "":
			return nil, Errorf(CodeConflict, "%s 是客户自提的，或者还没有地址，不能一起发，没有改动", o.ID)
		case o.Customer != first.Customer || to != first.ShipsTo(d.Catalog()):
			return nil, Errorf(CodeConflict, "%s 和 %s 不是同一个客户的同一个地址，不能一起发，没有改动", first.ID, o.ID)
		case o.Carrier != first.Carrier && o.Carrier != "" && first.Carrier != "":
			return nil, Errorf(CodeConflict, "%s 和 %s 指定的物流不一样，不能一起发，没有改动", first.ID, o.ID)
		}
		for _, k := range o.Together() {
			if !slices.Contains(ids, k) {
				return nil, Errorf(CodeConflict, "%s 已经和 %s 约好一起发。要改先发「各发各的 %s」，没有改动", o.ID, k, o.ID)
			}
		}
		isNew = isNew || len(o.Together()) < len(ids)-1
	}
	if !isNew {
		return nil, Errorf(CodeConflict, "这 %d 单已经约好一起发了，不用再操作", len(ids))
	}
	now := d.Now()
	for _, o := range all {
		for _, id := range ids {
			if id != o.ID && !slices.Contains(o.Together(), id) {
				o.Kin = append(o.Kin, Kin{Order: id, How: KinTogether, At: now.UTC()})
			}
		}
		if err := tx.SaveOrder(o); err != nil {
			return nil, err
		}
		if err := tx.Audit(d.entry(o, by, "一起发", "", strings.Join(idWords(o.Together()), "、"), "")); err != nil {
			return nil, err
		}
	}
	return all, tx.Emit(d.event(all[0], EventTogether, by, nil))
}

// ShipApart takes an order out of those that it was to be shipped with.
func (d *Desk) ShipApart(tx Tx, id OrderID, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	others := o.Together()
	if len(others) == 0 {
		return nil, Errorf(CodeConflict, "%s 本来就是单独发的，没有改动", o.ID)
	}
	if !slices.Contains(BeforeShipping, o.Status) {
		return nil, Errorf(CodeConflict, "%s 是「%s」，没有什么要改的", o.ID, o.Status)
	}
	cut := func(o *Order, fits func(Kin) bool) error {
		o.Kin = slices.DeleteFunc(o.Kin, func(k Kin) bool { return k.How == KinTogether && fits(k) })
		if err := tx.SaveOrder(o); err != nil {
			return err
		}
		return tx.Audit(d.entry(o, by, "各发各的", "", string(id), ""))
	}
	if err := cut(o, func(Kin) bool { return true }); err != nil {
		return nil, err
	}
	for _, other := range others {
		x, err := tx.Order(other)
		if err != nil {
			return nil, err
		}
		if err := cut(x, func(k Kin) bool { return k.Order == id }); err != nil {
			return nil, err
		}
	}
	return o, tx.Emit(d.event(o, EventTogether, by, nil))
}

// ShipInstead is [Desk.Ship] with the reason why it is another carrier than the one that was promised (指定物流). The goods of the orders
// that are shipped together go with it: all or none.
func (d *Desk) ShipInstead(tx Tx, id OrderID, stage int, carrier, tracking, token, reason string, by Actor) (*Order, error) {
	o, err := d.ship(tx, id, stage, carrier, tracking, token, reason, by)
	if err != nil || len(o.Shipments) > 1 {
		return o, err
	}
	for _, other := range o.Together() {
		x, err := tx.Order(other)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(BeforeShipping, x.Status) || len(x.Shipments) > 0 {
			continue // cancelled, or gone
		}
		if here, there := o.ShipsTo(d.Catalog()), x.ShipsTo(d.Catalog()); here != there { // changed since
			return nil, Errorf(CodeConflict, "%s 和 %s 约好一起发，可地址不一样了（%s，%s），都还没有发货。要分开发先发「各发各的 %s」", o.ID, other, cmp.Or(here, "自提或没写"), cmp.Or(there, "自提或没写"), other)
		}
		if _, err := d.ship(tx, other, 0, carrier, tracking, "", reason, by); err != nil {
			sentence, said := ErrorMessage(err)
			if !said {
				return nil, err
			}
			return nil, &Error{Code: ErrorCode(err), Message: fmt.Sprintf("%s\n%s 和 %s 约好一起发，都还没有发货。要分开发先发「各发各的 %s」", sentence, o.ID, other, other), Err: err}
		}
	}
	return o, nil
}

// Track records what is known of a parcel. trace is the whole trace, newest first; nil leaves it. A parcel that was delivered or
// returned stays so. What holds of it holds for all orders whose goods are in it.
func (d *Desk) Track(tx Tx, id OrderID, shipment int, state ParcelState, trace []ParcelEvent, by Actor) (*Order, error) {
	o, err := d.track(tx, id, shipment, state, trace, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o.Shipments, func(s Shipment) bool { return s.No == shipment })
	for _, other := range o.Together() {
		x, err := tx.Order(other)
		if err != nil {
			return nil, err
		}
		for _, s := range x.Shipments {
			if s.Carrier == o.Shipments[i].Carrier && s.Tracking == o.Shipments[i].Tracking {
				if _, err := d.track(tx, other, s.No, state, trace, by); err != nil {
					return nil, err
				}
			}
		}
	}
	return o, nil
}
