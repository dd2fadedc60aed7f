package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// fill puts what was read into an order: the reading's own fields, names from the master data,
// and what the message leaves out from the customer's record.
func (s *session) fill(o *orders.Order, d intake.Draft, asks []orders.Question) {
	cat := s.books.Catalog
	o.Customer, o.CustomerName = orders.CustomerCode(d.Customer), ""
	o.DeliverBy, o.Urgent, o.UrgentWords, o.Carrier = d.DeliverBy, d.Urgent, d.UrgentWords, d.Carrier
	o.Contact, o.Phone, o.Address = d.Contact, d.Phone, d.Address
	o.Payment, o.PO, o.Note = d.Payment, d.PO, d.Note
	if customer := cat.Customer(o.Customer); customer != nil {
		o.CustomerName = customer.Name
		// A contact that the message names comes with its own phone or none.
		if o.Contact == "" && o.Phone == "" {
			o.Contact, o.Phone = customer.Contact, customer.Phone
		}
		if o.Address == "" && o.Carrier != "SELF" {
			o.Address = customer.Address
		}
		if o.Payment == "" {
			o.Payment = customer.Terms
		}
	}
	o.Sales = s.owner(o.Customer)
	for _, q := range o.Questions { // what a promise means is the order's own question, not the reader's
		if q.Field == orders.FieldRequirement {
			asks = append(slices.Clone(asks), q)
		}
	}
	o.Questions = asks
	// Asked, and no more: whether an order may go without an address is up to the rules (地址异常).
	if o.CustomerName != "" && o.Address == "" && o.Carrier != "SELF" && !slices.ContainsFunc(asks, func(q orders.Question) bool { return q.Field == "address" }) {
		o.Questions = append(o.Questions, orders.Question{Field: "address", Reason: "unusual", Text: "送到哪里？请发收货地址；自己来取就说「自提」。"})
	}
	o.Lines = nil
	for _, l := range d.Lines {
		o.Lines = append(o.Lines, orderLine(cat, l))
	}
}

// orderLine turns a line as read into an order line; prices come later.
func orderLine(cat *orders.Catalog, l intake.Line) orders.Line {
	line := orders.Line{
		Product: orders.ProductCode(l.Product), Unit: l.Unit, Gift: l.Gift,
		Quantity: number(l.Quantity), Base: number(l.BaseQuantity), Options: orders.ParseOptions(l.Options),
	}
	if p := cat.Product(line.Product); p != nil {
		line.Name, line.Spec, line.BaseUnit = p.Name, p.Spec, p.Unit
	}
	if l.Price != "" {
		stated := number(l.Price)
		line.Stated = &stated
	}
	return line
}

// number reads a decimal of the reader's; what is empty or no number is 0 and gets asked about.
func number(text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero
	}
	return d
}

// owner returns who owns an order of this conversation: the member of the staff who sent it in,
// else the customer's salesperson, else a manager, so that no order is without one.
func (s *session) owner(customer orders.CustomerCode) orders.StaffCode {
	if s.person.staff != nil {
		return s.person.staff.Code
	}
	cat := s.books.Catalog
	if sales := cat.SalesOf(cat.Customer(customer)); sales != nil {
		return sales.Code
	}
	for _, role := range []orders.Role{orders.RoleSalesManager, orders.RoleService, orders.RoleOperations, orders.RoleSales, orders.RoleAdmin} {
		if staff := cat.StaffWith(role); len(staff) > 0 {
			return staff[0].Code
		}
	}
	return ""
}

// questions takes the asks about one draft of a reading, with what their options are called.
func questions(cat *orders.Catalog, asks []intake.Ask, i int) []orders.Question {
	prefix := fmt.Sprintf("orders[%d].", i)
	var out []orders.Question
	for _, a := range asks {
		field, ok := strings.CutPrefix(a.Field, prefix)
		if !ok {
			continue
		}
		q := orders.Question{Field: field, Reason: a.Reason, Options: a.Options, Text: a.Text, Said: a.Said, Key: a.Key}
		for _, option := range a.Options {
			q.Labels = append(q.Labels, label(cat, field, option))
		}
		// The card lists the options; the question need not do so too.
		if len(q.Labels) > 1 && !strings.HasSuffix(field, ".unit") {
			if head, _, ok := strings.Cut(q.Text, q.Labels[0]); ok {
				head = strings.TrimRight(head, "：: ,，")
				if strings.HasSuffix(head, "，是") {
					head += "下面的哪一种"
				}
				q.Text = head + "？"
			}
		}
		out = append(out, q)
	}
	return out
}

// label names an option for people.
func label(cat *orders.Catalog, field, option string) string {
	if p := cat.Product(orders.ProductCode(option)); p != nil && strings.HasSuffix(field, "product") {
		return p.Title()
	}
	if c := cat.Customer(orders.CustomerCode(option)); c != nil && field == "customer" {
		return c.Name
	}
	return option
}

// draftOf is the reverse of fill: the reading that the stored draft stands for.
func draftOf(cat *orders.Catalog, o *orders.Order) intake.Draft {
	d := intake.Draft{
		Customer: string(o.Customer), DeliverBy: o.DeliverBy, Urgent: o.Urgent, UrgentWords: o.UrgentWords, Carrier: o.Carrier,
		Contact: o.Contact, Phone: o.Phone, Address: o.Address, Payment: o.Payment, PO: o.PO, Note: o.Note,
	}
	if c := cat.Customer(o.Customer); c != nil {
		if d.Contact == c.Contact && d.Phone == c.Phone {
			d.Contact, d.Phone = "", ""
		}
		if d.Address == c.Address {
			d.Address = ""
		}
		if d.Payment == c.Terms {
			d.Payment = ""
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		line := intake.Line{Product: string(l.Product), Unit: l.Unit, Gift: l.Gift, Options: orders.OptionText(l.Options)}
		if l.Quantity.IsPositive() {
			line.Quantity = l.Quantity.String()
		}
		if l.Base.IsPositive() {
			line.BaseQuantity = l.Base.String()
		}
		if l.Stated != nil {
			line.Price = l.Stated.String()
		}
		d.Lines = append(d.Lines, line)
	}
	return d
}

// asksOf is the reverse of questions, for a stored draft that stands alone: what the reader has asked about it.
func asksOf(list []orders.Question) []intake.Ask {
	var out []intake.Ask
	for _, q := range list {
		if _, isChoice := q.ChoiceLine(); q.Field != orders.FieldRequirement && !isChoice {
			out = append(out, askOf(q))
		}
	}
	return out
}

func askOf(q orders.Question) intake.Ask {
	return intake.Ask{Field: "orders[0]." + q.Field, Reason: q.Reason, Options: q.Options, Text: q.Text, Said: q.Said, Key: q.Key}
}

// attach makes a stored draft what this chat talks about.
func (s *session) attach(tx Tx, o *orders.Order) error {
	if slices.Contains(s.talk.Orders, o.ID) {
		return nil
	}
	t, err := s.threadOf(tx, o)
	if err != nil {
		return err
	}
	s.talk.Thread, s.talk.Orders, s.talk.Last = t, []orders.OrderID{o.ID}, []orders.OrderID{o.ID}
	return nil
}

// threadOf is the conversation that a stored order alone stands for.
func (s *session) threadOf(tx Tx, o *orders.Order) (*intake.Thread, error) {
	why, err := tx.Reasons(o.ID)
	if err != nil {
		return nil, err
	}
	t := &intake.Thread{Orders: []intake.Draft{draftOf(s.books.Catalog, o)}, Words: [][]string{make([]string, len(o.Lines))}}
	for i := range o.Lines {
		if r := reasonFor(why, fmt.Sprintf("lines[%d].product", i)); r != nil {
			t.Words[0][i] = r.Words
			if r.Asked != nil {
				t.Words[0][i] = r.Asked.Said
			}
		}
	}
	t.Asks = asksOf(o.Questions)
	return t, nil
}

// setField puts a chosen option into a reading. It returns false where the field is none that can
// be chosen.
func setField(cat *orders.Catalog, d *intake.Draft, field, option string) bool {
	if field == "customer" {
		d.Customer = option
		return true
	}
	rest, ok := strings.CutPrefix(field, "lines[")
	index, name, ok2 := strings.Cut(rest, "].")
	i, err := strconv.Atoi(index)
	if !ok || !ok2 || err != nil || i < 0 || i >= len(d.Lines) {
		return setHead(d, field, option)
	}
	l := &d.Lines[i]
	switch name {
	case "quantity":
		l.Quantity = option
	case "price":
		l.Price = option
	default:
		return false
	}
	p := cat.Product(orders.ProductCode(l.Product))
	if p == nil {
		return true
	}
	if l.Unit == "" {
		l.Unit = p.Unit
	}
	if size, ok := p.UnitSize(l.Unit); ok && l.Quantity != "" {
		l.BaseQuantity = number(l.Quantity).Mul(size).String()
	}
	return true
}

func setHead(d *intake.Draft, field, option string) bool {
	switch field {
	case "deliver_by":
		d.DeliverBy = option
	case "carrier":
		d.Carrier = option
	case "contact":
		d.Contact = option
	case "phone":
		d.Phone = option
	case "address":
		d.Address = option
	case "payment":
		d.Payment = option
	case "po":
		d.PO = option
	default:
		return false
	}
	return true
}
