package orders

import "time"

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

// Plan is what a splitting or a merging is to do.
type Plan struct {
	Parts []Part    `json:"parts,omitempty"` // of a splitting: the first of them stays the order itself
	Made  []OrderID `json:"made,omitempty"`  // of a splitting that was done: the others' numbers
	Other OrderID   `json:"other,omitempty"` // of a merging: the order that goes into this one
	// Seen is the other order's revision that was shown.
	Seen int `json:"seen,omitempty"`
}

// Part is one batch of an order that is split: base units by the number of the line, and when it is wanted.
type Part struct {
	Base      map[int]Quantity `json:"base"`
	DeliverBy string           `json:"deliver_by,omitempty"` // empty: as the whole order
}
