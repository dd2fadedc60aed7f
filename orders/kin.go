package orders

import (
	"cmp"
	"slices"
	"time"
)

// KinKind tells how an order is related to another.
type KinKind string

// The kinds of relations, seen from the order that has them.
const (
	KinPart    KinKind = "part"    // was split off this one
	KinWhole   KinKind = "whole"   // this one was split off it
	KinSibling KinKind = "sibling" // both were split off the same one at once
	KinTaken   KinKind = "taken"   // was merged into this one
	KinInto    KinKind = "into"    // this one was merged into it

	KinTogether KinKind = "together" // both go as one shipment
)

// String returns the Chinese word.
func (k KinKind) String() string {
	return map[KinKind]string{KinPart: "拆出", KinWhole: "拆自", KinSibling: "同批拆出", KinTaken: "并入了", KinInto: "已并入", KinTogether: "一起发"}[k]
}

// Kin is an order that another one came of, or that came of it, by splitting or merging. All orders that hang together so have
// the same [Order].Family.
type Kin struct {
	Order OrderID   `json:"order"`
	How   KinKind   `json:"how"`
	At    time.Time `json:"at"`
}

// akin notes a relation, and the family that the order belongs to by it.
func (o *Order) akin(other OrderID, how KinKind, family OrderID, at time.Time) {
	if o.Family == "" {
		o.Family = family
	}
	o.Kin = append(o.Kin, Kin{Order: other, How: how, At: at.UTC()})
}

// IsKin tells whether an order was split off this one, or it off that, or one was merged into the other.
func (o *Order) IsKin(id OrderID) bool {
	for _, k := range o.Kin {
		if k.Order == id {
			return true
		}
	}
	return false
}

// family is the number by which the order's family goes.
func (o *Order) family() OrderID {
	if o.Family != "" {
		return o.Family
	}
	return o.ID
}

// relatives loads, under locks, the orders that hang together with one by relations of some kinds, at whatever distance, sorted. Neither
// it nor but is among them.
func relatives(tx Tx, o *Order, but OrderID, kinds ...KinKind) ([]*Order, error) {
	seen, out := []OrderID{o.ID, but}, []*Order(nil)
	for next := []*Order{o}; len(next) > 0; next = next[1:] {
		for _, k := range next[0].Kin {
			if !slices.Contains(kinds, k.How) || slices.Contains(seen, k.Order) {
				continue
			}
			x, err := tx.Order(k.Order)
			if err != nil {
				return nil, err
			}
			seen, out, next = append(seen, x.ID), append(out, x), append(next, x)
		}
	}
	slices.SortFunc(out, func(a, b *Order) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// adopt makes those who hang together with an order, and not by another one, members of a family.
func adopt(tx Tx, o *Order, family, but OrderID) error {
	if o.Family == "" { // it has nobody
		return nil
	}
	kin, err := relatives(tx, o, but, KinPart, KinWhole, KinSibling, KinTaken, KinInto)
	if err != nil {
		return err
	}
	for _, x := range kin {
		if x.Family == family {
			continue
		}
		x.Family = family
		if err := tx.SaveOrder(x); err != nil {
			return err
		}
	}
	return nil
}

// Plan is what a splitting or a merging is to do.
type Plan struct {
	Parts []Part    `json:"parts,omitempty"` // of a splitting: the first of them stays the order itself
	Made  []OrderID `json:"made,omitempty"`  // of a splitting that was done: the others' numbers
	Other OrderID   `json:"other,omitempty"` // of a merging: the order that goes into this one
	// Seen is the other order's revision that was shown.
	Seen int `json:"seen,omitempty"`
	// InternalNote and Family are, of a merging that was done, those of the order before it.
	InternalNote string  `json:"internal_note,omitempty"`
	Family       OrderID `json:"family,omitempty"`
}

// Part is one batch of an order that is split: base units by the number of the line, and when it is wanted.
type Part struct {
	Base      map[int]Quantity `json:"base"`
	DeliverBy string           `json:"deliver_by,omitempty"` // empty: as the whole order
}
