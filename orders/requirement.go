package orders

import (
	"slices"
	"strings"
)

// What a customer's special requirement (客户特殊要求) can be.
const (
	RequireNone    = "无"
	RequireGift    = "赠品"
	RequireUrgent  = "加急48h"
	RequireCarrier = "指定物流"
	RequireOther   = "按原话" // the promise in its own words
)

// Fields of an order's Extra that are not the rules': where the customer fetches the goods, which part of several it is, and
// what a manufacturer's customers say of an order besides.
const (
	ExtraPickUp       = "自提点"
	ExtraPart         = "分送"
	ExtraCustomerCode = "客户编码" // as the customer writes it, where it is not ours
	ExtraBOM          = "BOM层级"
	ExtraPriority     = "交付优先级"
	ExtraPacking      = "特殊包装"
)

// FieldRequirement is the field of the question which requirement a promise stands for.
const FieldRequirement = "requirement"

// FieldTwin is the field of the remark that another order has the same goods; its option is that order's number.
const FieldTwin = "order"

// IsTwin tells whether the draft was put beside an order with the same goods.
func (o *Order) IsTwin() bool {
	return slices.ContainsFunc(o.Questions, func(q Question) bool { return q.Field == FieldTwin })
}

// Carries tells whether the order's other fields already hold a requirement of that kind.
func (o *Order) Carries(kind string) bool {
	switch kind {
	case RequireGift:
		for i := range o.Lines {
			if o.Lines[i].Gift {
				return true
			}
		}
		return false
	case RequireUrgent:
		return o.Urgent || o.DeliverBy != ""
	case RequireCarrier:
		return o.Carrier != ""
	default:
		return false
	}
}

// SpecialRequirement is the customer's special requirement for people: what the gifts, the urgency and the carrier say,
// and what stands in no other field; 无 where there is nothing of the kind, "" while it is asked about.
func (o *Order) SpecialRequirement() string {
	if o.Requirement == "" {
		return ""
	}
	var out []string
	if o.Carries(RequireGift) {
		out = append(out, RequireGift)
	}
	if o.Urgent {
		out = append(out, "加急")
	}
	if o.Carrier != "" && o.Carrier != pickUp {
		out = append(out, RequireCarrier)
	}
	if o.Requirement != RequireNone || len(out) == 0 {
		out = append(out, o.Requirement)
	}
	return strings.Join(out, "、")
}

// require preselects 无 where nothing is asked about the requirement, and drops the question that another field has answered.
func (o *Order) require() {
	open := false
	kept := o.Questions[:0:0]
	for _, q := range o.Questions {
		if q.Field == FieldRequirement {
			if o.Carries(q.Key) {
				continue
			}
			open = true
		}
		kept = append(kept, q)
	}
	o.Questions = kept
	switch {
	case open:
		o.Requirement = ""
	case o.Requirement == "":
		o.Requirement = RequireNone
	}
}
