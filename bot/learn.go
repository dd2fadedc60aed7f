package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// A draft's reasons tell where each field was read. Those of a line that was asked about keep the
// question: what a person answers is remembered for the customer (学习) and settles the same question
// the next time, and where the customer turns out to be another, the question comes back.

// The rules of reasons that are the bot's own; the others are the reader's.
const (
	ruleAnswer     = "answer"     // a person said so
	ruleRemembered = "remembered" // a person said so before
)

// unlearned marks an answer that is not to be remembered.
const unlearned = -1

func reasonFor(why []orders.Reason, field string) *orders.Reason {
	if i := slices.IndexFunc(why, func(r orders.Reason) bool { return r.Field == field }); i >= 0 {
		return &why[i]
	}
	return nil
}

// setReason puts r in place of what was the reason of its field.
func setReason(why []orders.Reason, r orders.Reason) []orders.Reason {
	if old := reasonFor(why, r.Field); old != nil {
		*old = r
		return why
	}
	return append(why, r)
}

// lineOf takes the field of a line apart: lines[2].unit is 2 and unit.
func lineOf(field string) (n int, name string, ok bool) {
	rest, found := strings.CutPrefix(field, "lines[")
	index, name, cut := strings.Cut(rest, "].")
	n, err := strconv.Atoi(index)
	return n, name, found && cut && err == nil
}

// spot tells where characters of the message that is being read stand: in which inbound message,
// from where to where, and what they are. Texts of one turn are read as one.
func (s *session) spot(from, to int) (key string, first, last int, words string) {
	text := []rune(s.message.Text)
	if from < 0 || to > len(text) || from >= to {
		return s.in.Key, 0, 0, ""
	}
	words = strings.TrimSpace(string(text[from:to]))
	before := 0
	for _, m := range s.part.Messages {
		own := []rune(invisible.Replace(m.Text))
		if m.Kind != orders.InboundText || strings.TrimSpace(string(own)) == "" {
			continue
		}
		if from < before+len(own) {
			// A number that stood there and was taken out moves what is behind it.
			if at := strings.Index(string(own), string(text)); at >= 0 && len(text) < len(own) {
				before -= len([]rune(string(own)[:at]))
			}
			return m.Key, from - before, to - before, words
		}
		before += len(own) + 1
	}
	return s.in.Key, from, to, words
}

// reasons says why the fields of order i of a reading have their values. before are the reasons of
// the draft that it changes, old that draft, and asks what was asked about it.
func (s *session) reasons(r *intake.Result, i int, before []orders.Reason, old *intake.Draft, asks []intake.Ask) []orders.Reason {
	prefix := fmt.Sprintf("orders[%d].", i)
	list, _ := r.Explain.([]intake.Explanation)
	was := map[int]int{} // lines that continue one of the draft
	for _, e := range list {
		if n, name, ok := lineOf(strings.TrimPrefix(e.Field, prefix)); ok && name == "product" && e.Was > 0 {
			was[n] = e.Was - 1
		}
	}
	asked := func(field string) *intake.Ask {
		if k := slices.IndexFunc(asks, func(a intake.Ask) bool { return a.Field == prefix+field }); k >= 0 {
			return &asks[k]
		}
		return nil
	}
	var why []orders.Reason
	told := false
	for _, e := range list {
		field, ok := strings.CutPrefix(e.Field, prefix)
		if !ok {
			continue
		}
		told = true
		w := orders.Reason{Field: field, Rule: e.Rule}
		if e.Source != nil {
			if e.Source.Place.Page > 0 {
				w.Message, w.Words = s.in.Key, e.Source.Words
			} else {
				w.Message, w.From, w.To, w.Words = s.spot(e.Source.From, e.Source.To)
			}
		}
		for _, c := range e.Candidates {
			if c.Code != e.Value && c.Score >= e.Candidates[0].Score && len(w.Others) < 5 {
				w.Others = append(w.Others, c.Code)
			}
		}
		oldField := ""
		if n, name, isLine := lineOf(field); isLine {
			k, continues := was[n]
			if !continues {
				why = setReason(why, w) // a second reader's word comes after the first's
				continue
			}
			earlier := fmt.Sprintf("lines[%d].%s", k, name)
			if old != nil && k < len(old.Lines) {
				oldField = lineField(&old.Lines[k], name)
			}
			kept := reasonFor(before, earlier)
			open := slices.ContainsFunc(r.Asks, func(a intake.Ask) bool { return a.Field == e.Field })
			a := asked(earlier)
			switch {
			case open || e.Value == "":
			case a != nil && a.Key != "" && (name == "product" || name == "unit"):
				w = s.answer(field, questions(s.books.Catalog, []intake.Ask{*a}, i)[0])
				if name == "unit" && old != nil && k < len(old.Lines) {
					w.Was = old.Lines[k].Quantity
				}
			case kept != nil && e.Value == oldField:
				w = *kept
				w.Field = field
			case kept != nil && kept.Asked != nil: // answered otherwise now
				w = s.answer(field, *kept.Asked)
				w.Asked.Field, w.Was = field, kept.Was
			case e.Rule == "draft":
				w = s.answer(field, orders.Question{})
			}
		} else if kept := reasonFor(before, field); kept != nil && e.Source == nil {
			w = *kept
		}
		why = setReason(why, w)
	}
	if !told {
		return before // the message is about another draft
	}
	return why
}

// lineField is a field of a line as text.
func lineField(l *intake.Line, name string) string {
	switch name {
	case "product":
		return l.Product
	case "quantity":
		return l.Quantity
	case "unit":
		return l.Unit
	case "base_quantity":
		return l.BaseQuantity
	case "price":
		return l.Price
	default:
		return ""
	}
}

// answer is the reason of a field that the message at hand settles.
func (s *session) answer(field string, q orders.Question) orders.Reason {
	w := orders.Reason{Field: field, Rule: ruleAnswer, Message: s.in.Key, Words: strings.TrimSpace(s.message.Text), By: s.person.actor().Name, At: s.now}
	if q.Text != "" {
		w.Asked = &q
	}
	return w
}

// recollection is what recall found: the reasons of each order of a reading, and which of its
// questions what is remembered may settle.
type recollection struct {
	why  [][]orders.Reason
	free map[string]bool
}

// recall settles in a reading what a person answered before for the same customer.
func (s *session) recall(tx Tx, r *intake.Result, t *intake.Thread) (*recollection, error) {
	var ids []orders.OrderID // the drafts that it changes
	if r.Intent == intake.IntentChange {
		ids = s.talk.Orders
	}
	c := &recollection{why: make([][]orders.Reason, len(r.Orders)), free: map[string]bool{}}
	for i := range r.Orders {
		r.Orders[i] = s.own(r.Orders[i])
		prefix := fmt.Sprintf("orders[%d].", i)
		if i >= len(ids) {
			c.why[i] = s.reasons(r, i, nil, nil, nil)
			for _, a := range r.Asks {
				c.free[a.Field] = c.free[a.Field] || strings.HasPrefix(a.Field, prefix)
			}
			continue
		}
		before, err := tx.Reasons(ids[i])
		if err != nil {
			return nil, err
		}
		var old *intake.Draft
		var asks []intake.Ask
		if s.talk.Thread != nil && i < len(s.talk.Thread.Orders) {
			old, asks = &s.talk.Thread.Orders[i], s.talk.Thread.Asks
		}
		c.why[i] = s.reasons(r, i, before, old, asks)
		moved := old != nil && old.Customer != r.Orders[i].Customer
		if moved && old.Customer != "" {
			if err := s.leave(tx, r, t, i, ids[i], c.why[i]); err != nil {
				return nil, err
			}
		}
		// A question that somebody has begun to answer is theirs.
		onlyWho := moved && !s.namesGoods()
		for _, a := range r.Asks {
			field, ok := strings.CutPrefix(a.Field, prefix)
			if ok && (onlyWho || !slices.ContainsFunc(asks, func(o intake.Ask) bool { return o.Key == a.Key }) && reasonFor(before, field) == nil) {
				c.free[a.Field] = true
			}
		}
	}
	return c, s.recallInto(tx, r, t, c)
}

// afterSecond brings the recollection up to date with what a second reader settled.
func (s *session) afterSecond(tx Tx, r *intake.Result, t *intake.Thread, c *recollection) error {
	explained, _ := r.Explain.([]intake.Explanation)
	explained = slices.DeleteFunc(slices.Clone(explained), func(e intake.Explanation) bool { return e.Rule != "second reader" })
	if len(explained) == 0 {
		return nil
	}
	fresh := *r
	fresh.Explain = explained
	for i := range min(len(r.Orders), len(c.why)) {
		for _, w := range s.reasons(&fresh, i, nil, nil, nil) {
			c.why[i] = setReason(c.why[i], w)
		}
	}
	return s.recallInto(tx, r, t, c)
}

// namesGoods tells whether the message says anything of goods by itself.
func (s *session) namesGoods() bool {
	r, _ := s.books.Lexicon.Read(s.message, nil)
	return len(r.Mentions) > 0 || slices.ContainsFunc(r.Orders, func(d intake.Draft) bool { return len(d.Lines) > 0 })
}

// recallInto settles what c leaves free, and notes it.
func (s *session) recallInto(tx Tx, r *intake.Result, t *intake.Thread, c *recollection) error {
	why := c.why
	allowed := func(field string) bool { return c.free == nil || c.free[field] }
	known := func(c orders.CustomerCode) ([]orders.Learned, error) { return tx.Learned(c, false) }
	recalled, err := s.books.Lexicon.Recall(r, t, known, allowed)
	if err != nil {
		return err
	}
	for _, k := range recalled {
		var i int
		if _, err := fmt.Sscanf(k.Ask.Field, "orders[%d]", &i); err != nil {
			return err
		}
		q := questions(s.books.Catalog, []intake.Ask{k.Ask}, i)[0]
		w := orders.Reason{Field: q.Field}
		if old := reasonFor(why[i], q.Field); old != nil {
			w = *old
		}
		w.Rule, w.Asked, w.Learned, w.By, w.At = ruleRemembered, &q, k.Learned.ID, k.Learned.ByName, k.Learned.At
		if n, name, _ := lineOf(q.Field); name == "unit" {
			if quantity, err := decimal.NewFromString(r.Orders[i].Lines[n].Quantity); err == nil && k.Learned.Size.IsPositive() {
				w.Was = quantity.Div(k.Learned.Size).String()
			}
		}
		why[i] = setReason(why[i], w)
		if s.used[k.Learned.ID] {
			continue // a message counts once
		}
		s.used[k.Learned.ID] = true
		if err := tx.UseLearned(k.Learned.ID, s.now); err != nil {
			return err
		}
	}
	return nil
}

// leave takes back what was settled for a customer whose draft turns out to be another's: what was
// remembered of the one says nothing of the other.
func (s *session) leave(tx Tx, r *intake.Result, t *intake.Thread, i int, id orders.OrderID, why []orders.Reason) error {
	for k := range why {
		w := &why[k]
		switch {
		case w.Learned <= 0:
		case w.Rule == ruleRemembered:
			reopen(r, t, i, w)
		default: // answered in this draft, for the wrong customer
			l, err := tx.LearnedBy(w.Learned)
			if err == nil && l.Order == id && l.Count == 1 {
				err = tx.Forget(l.ID, s.person.actor().Name, s.now)
			}
			if err != nil && orders.ErrorCode(err) != orders.CodeNotFound {
				return err
			}
			w.Learned = 0
		}
	}
	return nil
}

// reopen asks again what was settled by what is remembered no more.
func reopen(r *intake.Result, t *intake.Thread, i int, w *orders.Reason) {
	n, name, ok := lineOf(w.Field)
	if !ok || w.Asked == nil || n >= len(r.Orders[i].Lines) {
		return
	}
	a := askOf(*w.Asked)
	a.Field = fmt.Sprintf("orders[%d].%s", i, w.Field)
	back := func(d *intake.Draft, asks []intake.Ask) []intake.Ask {
		d.Lines = slices.Clone(d.Lines)
		l := &d.Lines[n]
		l.BaseQuantity = ""
		if name == "unit" {
			l.Unit, l.Quantity = "", w.Was
		} else {
			l.Product = ""
		}
		line := fmt.Sprintf("orders[%d].lines[%d].", i, n)
		asks = slices.DeleteFunc(slices.Clone(asks), func(o intake.Ask) bool {
			return strings.HasPrefix(o.Field, line) && !strings.HasSuffix(o.Field, ".quantity")
		})
		return append(asks, a)
	}
	r.Asks = back(&r.Orders[i], r.Asks)
	if t != nil && i < len(t.Orders) && n < len(t.Orders[i].Lines) {
		t.Asks = back(&t.Orders[i], t.Asks)
	}
	w.Rule, w.Asked, w.Learned, w.By = a.Reason, nil, 0, ""
}

// answered puts an option into a draft that stands alone, r.Orders[0]. It returns false where the
// field is none that can be chosen.
func (s *session) answered(r *intake.Result, why []orders.Reason, q orders.Question, option string) ([]orders.Reason, bool) {
	d := &r.Orders[0]
	w := s.answer(q.Field, q)
	w.Words = label(s.books.Catalog, q.Field, option)
	n, name, isLine := lineOf(q.Field)
	if isLine && n < len(d.Lines) && (name == "product" || name == "unit") {
		product, unit := d.Lines[n].Product, option
		if name == "product" {
			product, unit = option, d.Lines[n].Unit
		}
		w.Was = d.Lines[n].Quantity
		asks, _ := s.books.Lexicon.SettleLine(d, 0, n, product, unit)
		for _, a := range asks {
			if !slices.ContainsFunc(r.Asks, func(o intake.Ask) bool { return o.Field == a.Field }) {
				r.Asks = append(r.Asks, a)
			}
		}
		return setReason(why, w), d.Lines[n].Product != ""
	}
	return setReason(why, w), setField(s.books.Catalog, d, q.Field, option)
}

// explain stores the reasons of a draft and remembers for its customer what a person answered.
func (s *session) explain(tx Tx, o *orders.Order, why []orders.Reason) error {
	by := s.person.actor()
	isOpen := func(field string) bool {
		return slices.ContainsFunc(o.Questions, func(q orders.Question) bool { return q.Field == field })
	}
	for k := range why {
		w := &why[k]
		n, name, ok := lineOf(w.Field)
		if !ok || w.Rule != ruleAnswer || w.Asked == nil || w.Asked.Key == "" || w.Learned != 0 || n >= len(o.Lines) ||
			o.Customer == "" || isOpen("customer") || isOpen(w.Field) {
			continue
		}
		line := &o.Lines[n]
		l := orders.Learned{
			Customer: o.Customer, Said: w.Asked.Key, Words: w.Asked.Said, By: by.Code, ByName: by.Name, At: s.now, Order: o.ID, Product: line.Product,
		}
		if name == "unit" {
			was := number(w.Was)
			if !was.IsPositive() || !line.Quantity.Mod(was).IsZero() || !line.Quantity.IsPositive() {
				w.Learned = unlearned // another quantity altogether
				continue
			}
			l.About, l.Product, l.Unit, l.Size = line.Product, "", line.Unit, line.Quantity.Div(was)
		}
		if l.Product == "" && l.Unit == "" {
			continue
		}
		same := slices.IndexFunc(s.learned, func(e *orders.Learned) bool {
			return e.Customer == l.Customer && e.About == l.About && e.Said == l.Said && e.Same(&l)
		})
		if same < 0 { // a message counts once
			learned, err := tx.Learn(l)
			if err != nil {
				return err
			}
			s.learned = append(s.learned, learned)
			same = len(s.learned) - 1
		}
		w.Learned = s.learned[same].ID
	}
	s.why[o.ID] = why
	return tx.SaveReasons(o.ID, why)
}

// mark tells a draft's view what was settled as before, and what was learned just now.
func (s *session) mark(tx Tx, o *orders.Order, v *cards.DraftView) error {
	why, ok := s.why[o.ID]
	if !ok {
		var err error
		if why, err = tx.Reasons(o.ID); err != nil {
			return err
		}
	}
	v.Reasons = why
	for _, l := range s.learned {
		if l.Order == o.ID && l.Count == 1 && !s.announcedLearned[l.ID] {
			s.announcedLearned[l.ID] = true
			v.Note = strings.Trim(v.Note+"\n"+cards.LearnedNow(l, s.books.Catalog), "\n")
		}
	}
	return nil
}

// rewrite replaces a draft by the reading r of it alone, and shows it.
func (s *session) rewrite(ctx context.Context, tx Tx, o *orders.Order, r *intake.Result, why []orders.Reason) error {
	i := slices.Index(s.talk.Orders, o.ID)
	o, err := s.revise(tx, o.ID, r.Orders[0], questions(s.books.Catalog, r.Asks, 0), nil)
	if err != nil {
		return err
	}
	if err := s.explain(tx, o, why); err != nil {
		return err
	}
	if t := s.talk.Thread; i >= 0 && len(s.talk.Orders) > 1 && t != nil && i < len(t.Orders) {
		t.Orders[i] = r.Orders[0]
		prefix := fmt.Sprintf("orders[%d].", i)
		t.Asks = slices.DeleteFunc(t.Asks, func(a intake.Ask) bool { return strings.HasPrefix(a.Field, prefix) })
		for _, a := range r.Asks {
			a.Field = prefix + strings.TrimPrefix(a.Field, "orders[0].")
			t.Asks = append(t.Asks, a)
		}
	} else {
		s.talk.Orders = nil
		if err := s.attach(tx, o); err != nil {
			return err
		}
	}
	return s.show(ctx, tx, o, "", 1, 1)
}

// mayTeach tells whether the person may see what is remembered of a customer, and undo it.
func (s *session) mayTeach(c *orders.Customer) bool {
	if s.person.staff == nil {
		return slices.Contains(s.person.customers, c.Code)
	}
	return s.mayBind(c) == nil
}

// remembered lists what is remembered of a customer: 「学习 康民药房」. Without a name it is the customer
// of the draft at hand, else all whom the person serves.
func (s *session) remembered(tx Tx, arg string) (bool, error) {
	cat := s.books.Catalog
	var c *orders.Customer
	switch {
	case arg != "":
		var err error
		if c, err = s.customerNamed(arg); err != nil {
			if orders.ErrorCode(err) == orders.CodeInvalid {
				return true, err
			}
			return false, nil // 学习 is an ordinary word too
		}
	case len(s.person.customers) == 1:
		c = cat.Customer(s.person.customers[0])
	case len(s.talk.Orders) > 0 && s.talk.Thread != nil && len(s.talk.Thread.Orders) > 0:
		c = cat.Customer(orders.CustomerCode(s.talk.Thread.Orders[0].Customer))
	}
	if c == nil {
		counts, err := tx.LearnedCounts()
		if err != nil {
			return true, err
		}
		for code := range counts {
			if k := cat.Customer(code); k == nil || !s.mayTeach(k) {
				delete(counts, code)
			}
		}
		s.send(cards.LearnedOverview(counts, cat), "reply", "")
		return true, nil
	}
	if !s.mayTeach(c) {
		return true, orders.Errorf(orders.CodeDenied, "客户 %s 不是您负责的，看不了", c.Name)
	}
	standing, err := tx.Learned(c.Code, false)
	if err != nil {
		return true, err
	}
	ended, err := tx.Learned(c.Code, true)
	if err != nil {
		return true, err
	}
	s.send(cards.Learned(c, standing, ended, cat, s.person.staff == nil), "reply", "")
	return true, nil
}

// unlearn undoes what was remembered: 「忘记 3」. A draft of this chat that was read by it asks again.
func (s *session) unlearn(ctx context.Context, tx Tx, arg string) (bool, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(arg, "#"), 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // 忘记 is an ordinary word too: 忘记说了，再加3箱
	}
	l, err := tx.LearnedBy(id)
	if err != nil {
		return true, err
	}
	c := s.books.Catalog.Customer(l.Customer)
	if c == nil || !s.mayTeach(c) {
		return true, orders.Errorf(orders.CodeNotFound, "没有记着编号 %d，可能已经忘掉了", id)
	}
	by := s.person.actor()
	if err := tx.Forget(id, by.Name, s.now); err != nil {
		return true, err
	}
	if err := tx.Audit(orders.AuditEntry{
		At: s.now, Actor: by.Code, Channel: by.Channel, Action: "忘记", Before: string(l.Customer) + " " + cards.LearnedWords(l, s.books.Catalog), Trace: by.Trace,
	}); err != nil {
		return true, err
	}
	s.say(fmt.Sprintf("好的，忘掉了：%s %s。下次会再问。", c.Name, cards.LearnedWords(l, s.books.Catalog)))
	for _, order := range slices.Clone(s.talk.Orders) {
		if err := s.askAgain(ctx, tx, order, id); err != nil {
			return true, err
		}
	}
	return true, nil
}

// askAgain reopens what a draft owes to something that is remembered no more.
func (s *session) askAgain(ctx context.Context, tx Tx, order orders.OrderID, id int64) error {
	why, err := tx.Reasons(order)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(why, func(w orders.Reason) bool { return w.Learned == id }) {
		return nil
	}
	o, err := s.ownOrder(tx, order)
	if err != nil || o.Status != orders.StatusDraft || !s.now.Before(o.ExpiresAt) {
		return err
	}
	r := &intake.Result{Orders: []intake.Draft{draftOf(s.books.Catalog, o)}, Asks: asksOf(o.Questions)}
	again := false
	for k := range why {
		switch w := &why[k]; {
		case w.Learned != id:
		case w.Rule == ruleRemembered:
			reopen(r, nil, 0, w)
			again = true
		default: // the person's own answer in this draft stands, but is not learned again
			w.Learned = unlearned
		}
	}
	if !again {
		return tx.SaveReasons(order, why)
	}
	return s.rewrite(ctx, tx, o, r, why)
}

// basis shows where the fields of orders were read: 「依据 SO…」.
func (s *session) basis(tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		why, err := tx.Reasons(o.ID)
		if err != nil {
			return err
		}
		s.send(cards.Basis(o, why, s.books.Catalog, s.person.staff == nil), "reply", o.ID)
	}
	return nil
}
