package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Lot is a batch or a serial number of a product in a warehouse.
type Lot struct {
	Product       ProductCode
	Warehouse     string
	Batch, Serial string
	Quantity      Quantity  // base units on hand
	Expires       time.Time // zero: never
}

// Counted is what somebody says to have before them when an order is about to leave: so much of a product, of a batch or with a serial
// number where it is kept by that.
type Counted struct {
	Text     string      `json:"text,omitempty"` // as it was said
	Product  ProductCode `json:"product"`        // empty: nothing that we know
	Quantity Quantity    `json:"quantity"`       // base units
	Batch    string      `json:"batch,omitempty"`
	Serial   string      `json:"serial,omitempty"`
}

// Count is the comparison of an order with what was counted of it before it left (复核).
type Count struct {
	Revision int        `json:"revision"` // of the order that was counted
	OK       bool       `json:"ok"`
	Rows     []CountRow `json:"rows"`
	Lots     []Counted  `json:"lots,omitempty"` // that were named
	By       string     `json:"by"`
	At       time.Time  `json:"at"`
}

// CountRow is a product of an order, or of what was counted for it.
type CountRow struct {
	Product ProductCode `json:"product,omitempty"`
	Name    string      `json:"name"`         // with its spec; what was said, of what is unknown
	Of      string      `json:"of,omitempty"` // the bundle that it is a part of
	Unit    string      `json:"unit,omitempty"`
	Want    Quantity    `json:"want"` // base units
	Got     Quantity    `json:"got"`
	Lots    []string    `json:"lots,omitempty"`
	Problem string      `json:"problem,omitempty"` // for people; empty: as ordered
}

// CountedLots are the batches and serial numbers of the goods that leave next, where they were counted and are what the order asks for now.
func (o *Order) CountedLots() []Counted {
	if c := o.Work.Count; c != nil && c.OK && c.Revision == o.Revision {
		return c.Lots
	}
	return nil
}

// IsOf tells whether what was counted is of a lot; what it does not name may be any.
func (n *Counted) IsOf(batch, serial string) bool {
	return (n.Batch == "" || strings.EqualFold(batch, n.Batch)) && (n.Serial == "" || strings.EqualFold(serial, n.Serial))
}

// Problems are the rows that do not fit, in words.
func (c *Count) Problems() []string {
	var out []string
	for _, r := range c.Rows {
		if r.Problem != "" {
			out = append(out, strings.TrimSpace(string(r.Product)+" "+r.Problem))
		}
	}
	return out
}

// ToCount are the products that leave with an order, of bundles their parts, in the order of its lines.
func (o *Order) ToCount(cat *Catalog) []CountRow {
	var out []CountRow
	for i := range o.Lines {
		l := &o.Lines[i]
		needs := cat.Needs(l.Product)
		codes := make([]ProductCode, 0, len(needs))
		for code := range needs {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		for _, code := range codes {
			want := l.Due().Mul(needs[code])
			if !want.IsPositive() {
				continue
			}
			if j := slices.IndexFunc(out, func(r CountRow) bool { return r.Product == code }); j >= 0 {
				out[j].Want = out[j].Want.Add(want)
				continue
			}
			r := CountRow{Product: code, Name: strings.TrimSpace(l.Name + " " + l.Spec), Unit: l.BaseUnit, Want: want, Got: decimal.Zero}
			if p := cat.Product(code); p != nil && code != l.Product {
				r.Name, r.Unit = p.Title(), p.Unit
			}
			if code != l.Product {
				r.Of = string(l.Product) + " " + l.Name
			}
			out = append(out, r)
		}
	}
	return out
}

// Check compares what was counted with an order whose goods are about to leave: model, number, the parts of bundles, batch and serial
// number. What fits makes it 已复核; while something does not fit, [Desk.Ship] refuses it.
func (d *Desk) Check(tx StockTx, id OrderID, counted []Counted, by Actor) (*Order, *Count, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case by.Staff.May(ActCheck.Right()) != ScopeAll:
		return nil, nil, Errorf(CodeDenied, "复核由仓库登记，您没有这个权限，没有改动")
	case !o.Status.Step().Allows(ActCheck):
		return nil, nil, Errorf(CodeConflict, "订单 %s 是「%s」，现在不能复核", o.ID, o.Status)
	case !o.Covered():
		return nil, nil, Errorf(CodeConflict, "订单 %s 还缺 %s，齐了再复核", o.ID, strings.Join(o.lacks(), "、"))
	}
	if c := o.Notice(); c != nil {
		return nil, nil, c.unseen(o)
	}
	now, cat := d.Now(), d.Catalog()
	count := &Count{Revision: o.Revision, Rows: o.ToCount(cat), By: by.Name, At: now}
	products := make([]ProductCode, len(count.Rows))
	for i := range count.Rows {
		products[i] = count.Rows[i].Product
	}
	slices.Sort(products)
	if err := tx.LockStock(products); err != nil {
		return nil, nil, err
	}
	lots, err := tx.Lots(products...)
	if err != nil {
		return nil, nil, err
	}
	count.take(counted, lots, cat, now)
	count.OK = len(count.Problems()) == 0
	before, action := o.Status, "复核"
	if count.OK {
		o.reach(StatusChecked, now)
	} else {
		action = "清点不符"
		if o.Status == StatusChecked {
			delete(o.Reached, StatusChecked)
			o.reach(StatusPicking, now)
		}
	}
	o.Work.Count = count
	if err := tx.SaveOrder(o); err != nil {
		return nil, nil, err
	}
	return o, count, tx.Audit(d.entry(o, by, action, before.String(), o.Status.String(), strings.Join(count.Problems(), "；")))
}

// take adds what was counted to the rows and finds what does not fit.
func (c *Count) take(counted []Counted, lots []Lot, cat *Catalog, now time.Time) {
	ordered := len(c.Rows)
	problems := make(map[int][]string)
	byLot := make(map[[3]string]Quantity)
	for _, n := range counted {
		at := slices.IndexFunc(c.Rows[:ordered], func(r CountRow) bool { return r.Product == n.Product && n.Product != "" })
		if at < 0 {
			c.Rows = append(c.Rows, c.stray(&n, cat))
			continue
		}
		c.Rows[at].Got = c.Rows[at].Got.Add(n.Quantity)
		if n.Batch == "" && n.Serial == "" {
			continue
		}
		c.Lots = append(c.Lots, n)
		word := strings.TrimSpace(n.Batch + " " + n.Serial)
		c.Rows[at].Lots = append(c.Rows[at].Lots, word)
		k := [3]string{string(n.Product), n.Batch, n.Serial}
		byLot[k] = byLot[k].Add(n.Quantity)
		if p := lotProblem(&n, byLot[k], lots, now); p != "" {
			problems[at] = append(problems[at], p)
		}
	}
	for i := range c.Rows[:ordered] {
		r := &c.Rows[i]
		if p := cat.Product(r.Product); p != nil && p.Tracking != "" && r.Got.IsPositive() {
			named := decimal.Zero
			for _, n := range c.Lots {
				if n.Product == r.Product && (p.Tracking != "serial" || n.Serial != "") && (p.Tracking != "batch" || n.Batch != "") {
					named = named.Add(n.Quantity)
				}
			}
			if lack := r.Got.Sub(named); lack.IsPositive() {
				problems[i] = append(problems[i], fmt.Sprintf("有 %s%s 没写%s", lack, r.Unit, map[string]string{"batch": "批次", "serial": "序列号"}[p.Tracking]))
			}
		}
		switch diff := r.Got.Sub(r.Want); {
		case diff.IsNegative():
			problems[i] = append(problems[i], fmt.Sprintf("要 %s%s，点到 %s%s，少 %s%s", r.Want, r.Unit, r.Got, r.Unit, diff.Neg(), r.Unit))
		case diff.IsPositive():
			problems[i] = append(problems[i], fmt.Sprintf("要 %s%s，点到 %s%s，多 %s%s", r.Want, r.Unit, r.Got, r.Unit, diff, r.Unit))
		}
		r.Problem = strings.Join(problems[i], "，")
	}
}

// stray is a row of what was counted and not ordered.
func (c *Count) stray(n *Counted, cat *Catalog) CountRow {
	r := CountRow{Product: n.Product, Name: n.Text, Got: n.Quantity, Want: decimal.Zero, Problem: "没有看懂「" + n.Text + "」"}
	p := cat.Product(n.Product)
	if p == nil {
		return r
	}
	r.Name, r.Unit = p.Title(), p.Unit
	r.Problem = fmt.Sprintf("单里没有，多 %s%s", n.Quantity, p.Unit)
	if p.Kind == ProductBundle && len(p.Parts) > 0 {
		r.Problem = "是组合品，请按它的组成清点"
	}
	return r
}

// lotProblem tells what is wrong with a batch or a serial number of which so much was counted.
func lotProblem(n *Counted, sum Quantity, lots []Lot, now time.Time) string {
	has, expired, known := decimal.Zero, false, false
	for _, l := range lots {
		if l.Product != n.Product {
			continue
		}
		known = true
		if n.IsOf(l.Batch, l.Serial) {
			has = has.Add(l.Quantity)
			expired = expired || !l.Expires.IsZero() && l.Expires.Before(now)
		}
	}
	word := "批次 " + n.Batch
	if n.Serial != "" {
		word = "序列号 " + n.Serial
	}
	switch {
	case n.Serial != "" && sum.GreaterThan(decimal.NewFromInt(1)):
		return word + " 点了两次"
	case !known:
		return "" // the product is not kept by lots
	case has.IsZero():
		return "库里没有" + word
	case expired:
		return word + " 已过期"
	case sum.GreaterThan(has):
		return fmt.Sprintf("%s 库里只有 %s", word, has)
	default:
		return ""
	}
}
