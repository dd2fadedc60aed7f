package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Paper is one of the customs papers (报关资料) that the goods of an order need.
type Paper struct {
	Name string    `json:"name"`
	By   string    `json:"by,omitempty"` // name of who said that it is there; "" while it is missing
	At   time.Time `json:"at,omitzero"`
}

// papersMissing stands between the list of the papers and those that are missing, in the text of a finding.
const papersMissing = "，还缺 "

// PapersText is what a finding says about the papers that goods need, where some are missing.
func PapersText(goods string, papers, missing []string) string {
	s := goods + "：要有 " + strings.Join(papers, "、")
	if len(missing) > 0 {
		s += papersMissing + strings.Join(missing, "、")
	}
	return s
}

// MissingPapers names the customs papers that the order still lacks (资料不齐); it can't be shipped before they are there.
func (o *Order) MissingPapers() []string {
	var out []string
	for _, p := range o.Papers {
		if p.By == "" {
			out = append(out, p.Name)
		}
	}
	return out
}

// HasPaper tells whether a paper is there.
func (o *Order) HasPaper(name string) bool {
	return slices.ContainsFunc(o.Papers, func(p Paper) bool { return p.Name == name && p.By != "" })
}

// needPapers makes the order's check-list what the findings ask for. What is there stays.
func (o *Order) needPapers(found []Finding) {
	var out []Paper
	for _, f := range found {
		for _, name := range f.Papers {
			if slices.ContainsFunc(out, func(p Paper) bool { return p.Name == name }) {
				continue
			}
			p := Paper{Name: name}
			if i := slices.IndexFunc(o.Papers, func(p Paper) bool { return p.Name == name }); i >= 0 {
				p = o.Papers[i]
			}
			out = append(out, p)
		}
	}
	o.Papers = out
}

// CheckPapers notes which customs papers of an order are there, or are not after all. names may be empty: all of them.
func (d *Desk) CheckPapers(tx Tx, id OrderID, names []string, isThere bool, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	switch {
	case by.Staff.May(RightPapers) == ScopeNone:
		return nil, Errorf(CodeDenied, "报关资料由采购、仓库、客服或业务员登记，您没有这个权限，没有改动")
	case len(o.Papers) == 0:
		return nil, Errorf(CodeInvalid, "订单 %s 没有要报关资料的货", o.ID)
	case o.Status == StatusDraft:
		if o, err = d.OpenDraft(tx, id); err != nil {
			return nil, err
		}
	case len(o.Shipments) > 0 || o.Status.Ended() || o.Status == StatusReturning:
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，报关资料不用再登记", o.ID, o.Status)
	}
	if len(names) == 0 {
		for _, p := range o.Papers {
			names = append(names, p.Name)
		}
	}
	before := o.MissingPapers()
	for _, name := range names {
		i := slices.IndexFunc(o.Papers, func(p Paper) bool { return strings.EqualFold(p.Name, name) })
		switch {
		case i < 0:
			return nil, Errorf(CodeInvalid, "订单 %s 的报关资料里没有「%s」，要的是 %s，没有改动", o.ID, name, paperNames(o.Papers))
		case isThere && o.Papers[i].By == "":
			o.Papers[i].By, o.Papers[i].At = by.Name, d.Now()
		case !isThere:
			o.Papers[i].By, o.Papers[i].At = "", time.Time{}
		}
	}
	missing := o.MissingPapers()
	if slices.Equal(before, missing) {
		return o, nil
	}
	if o.Status == StatusDraft {
		o.Revision++
		if err := d.check(tx, o, d.Rules(), Facts{Draft: true}); err != nil {
			return nil, err
		}
	} else {
		for i := range o.Findings { // by the rules it was confirmed by
			if f := &o.Findings[i]; len(f.Papers) > 0 {
				goods, _, _ := strings.Cut(f.Text, "：")
				f.Text = PapersText(goods, f.Papers, slices.DeleteFunc(slices.Clone(f.Papers), o.HasPaper))
			}
		}
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	if err := tx.Audit(d.entry(o, by, "报关资料", papersState(before), papersState(missing), strings.Join(names, "、"))); err != nil {
		return nil, err
	}
	if len(missing) == 0 && o.Status != StatusDraft {
		return o, tx.Emit(d.event(o, EventPapers, by, nil))
	}
	return o, nil
}

func paperNames(papers []Paper) string {
	var out []string
	for _, p := range papers {
		out = append(out, p.Name)
	}
	return strings.Join(out, "、")
}

func papersState(missing []string) string {
	if len(missing) == 0 {
		return "已齐"
	}
	return "缺 " + strings.Join(missing, "、")
}

// lackingPapers is the refusal to ship an order whose customs papers are not complete, nil if they are.
func (o *Order) lackingPapers() error {
	missing := o.MissingPapers()
	if len(missing) == 0 {
		return nil
	}
	return &Error{Code: CodeConflict, Message: fmt.Sprintf("订单 %s 资料不齐，还缺 %s，不能发货。齐了请回复「资料 %s %s 已齐」",
		o.ID, strings.Join(missing, "、"), o.ID, strings.Join(missing, "、"))}
}
