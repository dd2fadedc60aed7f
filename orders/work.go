package orders

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Work is what is known of the way of an order besides its statuses.
type Work struct {
	Places  []Place  `json:"places,omitempty"`
	Arrival *Arrival `json:"arrival,omitempty"` // once it was signed for
	Count   *Count   `json:"count,omitempty"`   // the last one of the goods that are to leave
	Wave    string   `json:"wave,omitempty"`    // in which it is picked
	// Signed is for what the contract was signed: the order's goods and money as [Order.contractMark] has them.
	Signed  string `json:"signed,omitempty"`
	Install string `json:"install,omitempty"` // when the customer wants it to be installed, in words
	// Kits are the parts of a base unit of the order's bundles as they were when it was shipped, by the line.
	Kits    map[int]map[ProductCode]Quantity `json:"kits,omitempty"`
	To      *Destinations                    `json:"to,omitempty"`      // where the rules send it; nil: they name nothing
	Promise *Promise                         `json:"promise,omitempty"` // when it is expected to be there, as it was said last
	Stages  Staging                          `json:"stages,omitzero"`   // of an order that is delivered or paid for in parts
	Paid    Money                            `json:"paid,omitempty"`    // by payments that name the order
}

// Place is where exactly an order was at a node: which operation, which shelf, which truck.
type Place struct {
	Status Status    `json:"status"`
	Text   string    `json:"text"`
	By     string    `json:"by"` // name of who said so
	At     time.Time `json:"at"`
}

// where returns where exactly the order was at a node, as it was last reported; "" where nobody did.
func (o *Order) where(s Status) string {
	for _, p := range slices.Backward(o.Work.Places) {
		if p.Status == s {
			return p.Text
		}
	}
	if step := s.Step(); step != nil && step.Parcel != ParcelNone {
		for i := range o.Shipments {
			for j, e := range o.Shipments[i].Events { // newest first
				if e.State == step.Parcel || e.State == ParcelNone && j == 0 && o.Shipments[i].State == step.Parcel {
					return e.Text
				}
			}
		}
	}
	return ""
}

// putWhere notes where exactly the order is at its node.
func (o *Order) putWhere(text string, by Actor, now time.Time) {
	if text == "" {
		return
	}
	o.Work.Places = slices.DeleteFunc(o.Work.Places, func(p Place) bool { return p.Status == o.Status })
	o.Work.Places = append(o.Work.Places, Place{Status: o.Status, Text: text, By: by.Name, At: now})
}

// placeMost is how many characters a place may have.
const placeMost = 60

// advances says where an act takes an order.
var advances = map[Act]Status{
	ActSchedule: StatusScheduled, ActStart: StatusInProduction, ActInspect: StatusInspected, ActStock: StatusStocked, ActPick: StatusPicking,
}

// Advance takes an order to the node that an act stands for: 排产, 开工, 质检, 入库, 拣货. where says exactly where it is there and may be
// empty. Said again, only where it is counts.
func (d *Desk) Advance(tx Tx, id OrderID, act Act, where string, by Actor) (*Order, error) {
	to, ok := advances[act]
	if !ok {
		return nil, Errorf(CodeInvalid, "没有「%s」这一步", act)
	}
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	if by.Staff.May(act.Right()) != ScopeAll {
		return nil, Errorf(CodeDenied, "%s由%s登记，您没有这个权限，没有改动", act, roleNames(act.Roles()))
	}
	if where = strings.TrimSpace(where); len([]rune(where)) > placeMost {
		return nil, Errorf(CodeInvalid, "位置最多写 %d 个字", placeMost)
	}
	again := o.Status == to
	switch {
	case again && where == "":
		return nil, Errorf(CodeConflict, "订单 %s 已经是「%s」，不用再登记", o.ID, o.Status)
	case again:
	case !o.Status.Step().Allows(act):
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，现在不能登记%s", o.ID, o.Status, act)
	case act == ActSchedule && o.Covered() && !o.made(d.Catalog()):
		return nil, Errorf(CodeConflict, "订单 %s 的货已经留齐，不用排产", o.ID)
	case (act == ActStock || act == ActPick) && !o.Covered():
		return nil, Errorf(CodeConflict, "订单 %s 还缺 %s，先登记「到货 编码 数量」再%s", o.ID, strings.Join(o.lacks(), "、"), act)
	}
	if c := o.Notice(); c != nil && act == ActPick {
		return nil, c.unseen(o)
	}
	before := o.Status
	o.reach(to, d.Now())
	o.putWhere(where, by, d.Now())
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, string(act), before.String(), o.Status.String(), where)); err != nil {
		return nil, err
	}
	return o, nil
}

// Locate notes where exactly an order is at its node: which line and operation, which shelf, which truck.
func (d *Desk) Locate(tx Tx, id OrderID, where string, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	if by.Staff.May(RightProduce) != ScopeAll && by.Staff.May(RightShip) != ScopeAll {
		return nil, Errorf(CodeDenied, "位置由计划员、仓库登记，您没有这个权限，没有改动")
	}
	if where = strings.TrimSpace(where); where == "" || len([]rune(where)) > placeMost {
		return nil, Errorf(CodeInvalid, "请写明在哪里，最多 %d 个字，例如「位置 %s 三号线 注塑」", placeMost, o.ID)
	}
	if s := o.Status.Step(); s == nil || s.Customer < 1 || o.Status.Ended() {
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，没有位置可登记", o.ID, o.Status)
	}
	before := o.where(o.Status)
	o.putWhere(where, by, d.Now())
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	return o, tx.Audit(d.entry(o, by, "位置", before, where, o.Status.String()))
}

// made tells whether some of the order is made to measure.
func (o *Order) made(cat *Catalog) bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool { return cat.IsCustom(l.Product) })
}

// lacks names what the order lacks: X01 3盒.
func (o *Order) lacks() []string {
	var out []string
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Short().IsPositive() {
			out = append(out, strings.TrimSpace(string(l.Product)+" "+l.Short().String()+l.BaseUnit))
		}
	}
	return out
}

func roleNames(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = r.String()
	}
	return strings.Join(words, "、")
}

// Fit tells whether what was promised of a delivery was kept.
type Fit string

// The fits; empty: nothing was promised, or nobody said what became of it.
const (
	FitKept   Fit = "kept"
	FitBroken Fit = "broken"
)

// Arrival is how an order that was signed for compares with what was promised: time, place and carrier.
type Arrival struct {
	At      time.Time `json:"at"` // of the last parcel, by its trace
	Time    Fit       `json:"time,omitempty"`
	Place   Fit       `json:"place,omitempty"`
	Carrier Fit       `json:"carrier,omitempty"`
	Wanted  string    `json:"wanted,omitempty"` // by when it was wanted
	Said    string    `json:"said,omitempty"`   // what the carrier said of the place, where that does not fit
}

// Kept tells whether no promise was broken.
func (a *Arrival) Kept() bool {
	return a.Time != FitBroken && a.Place != FitBroken && a.Carrier != FitBroken
}

// String says it for people: 时间 相符，地点 未上报，承运商 不符.
func (a *Arrival) String() string {
	word := func(f Fit) string {
		return map[Fit]string{FitKept: "相符", FitBroken: "不符", "": "未上报"}[f]
	}
	return "时间" + word(a.Time) + "，地点" + word(a.Place) + "，承运商" + word(a.Carrier)
}

// arrive notes how a delivered order compares with what was promised.
func (o *Order) arrive(now time.Time) {
	a := &Arrival{Wanted: o.Wanted()}
	fit := func(kept bool) Fit {
		if kept {
			return FitKept
		}
		return FitBroken
	}
	var texts []string
	for i := range o.Shipments {
		s := &o.Shipments[i]
		at := now
		if len(s.Events) > 0 && !s.Events[0].At.IsZero() && s.Events[0].At.Before(now) {
			at = s.Events[0].At
		}
		if at.After(a.At) {
			a.At = at
		}
		if len(s.Events) > 0 {
			texts = append(texts, s.Events[0].Text)
		}
		if o.Carrier != "" && a.Carrier != FitBroken {
			a.Carrier = fit(s.Carrier == o.Carrier)
		}
	}
	if until, ok := wantedUntil(a.Wanted); ok {
		a.Time = fit(a.At.Before(until))
	}
	for _, text := range texts {
		switch f := placeFit(o.Address, text); {
		case f == FitBroken:
			a.Place, a.Said = f, text
		case a.Place == "":
			a.Place = f
		}
	}
	o.Work.Arrival = a
}

// wantedUntil is the moment by which goods are wanted: the end of a day, or an hour.
func wantedUntil(deliverBy string) (time.Time, bool) {
	if day, err := time.ParseInLocation(time.DateOnly, deliverBy, beijing); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	at, err := time.Parse(time.RFC3339, deliverBy)
	return at.Add(time.Second), err == nil // that very second is in time
}

// city fits the names of cities and counties in an address or a carrier's text.
var city = regexp.MustCompile(`([\p{Han}]{2,8}?)(市|区|县)`)

// placeFit tells whether what a carrier says of the place where goods were handed over is where they were to go: not known where it
// names no city, or the address names none.
func placeFit(address, said string) Fit {
	strange := false
	for _, m := range city.FindAllStringSubmatch(said, -1) {
		name := []rune(m[1])
		for n := len(name); n >= 2; n-- { // 已到达南京 市: the name is at its end
			if strings.Contains(address, string(name[len(name)-n:])) {
				return FitKept
			}
		}
		strange = strange || m[2] == "市"
	}
	if strange && strings.Contains(address, "市") {
		return FitBroken
	}
	return ""
}
