package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What a clause of a message is about in a conversation with several drafts: one of them by its number, all, several that it may
// as well be, or nothing that tells.
const (
	ofAll     = -1
	ofSeveral = -2
	ofNone    = -3
)

var (
	// draftByNumber fits the beginning of a clause about a draft that is meant by its place among them.
	draftByNumber = regexp.MustCompile(`^(?:把|那|就|请|给)*(?:第([一二三四五六七八九1-9])(?:个|张)?(?:单|家|份)|(前面|上面|前|头)(?:的|那|一)*(?:个|张)?(?:单|家)|(后面|下面|后|最后)(?:的|那|一)*(?:个|张)?(?:单|家))`)
	// draftsAll fits a clause about all drafts.
	draftsAll = regexp.MustCompile(`(?:两|二|三|四|几|这些|所有|全部)的?(?:个|张)?(?:单|家)(?:子)?|^(?:都|全部|全都|统一|一律|一起)`)
)

// drafts reads a message in a conversation with several drafts: what each clause says is done to the draft that it is about, told by
// its customer, its number, its goods or what was asked about it. ok is false where nothing tells, and the message is read as one
// about a single draft.
func (r *reading) drafts() (res Result, next *Thread, ok bool) {
	if len(r.s.turns) > 0 || r.s.refOf(r.text, true) != "" || allOff.MatchString(r.text) && !r.namesDraft() {
		return res, nil, false
	}
	type part struct{ from, to, of int }
	var parts []part
	union := r.union()
	now := ofNone
	r.s.clauses(0, len(r.s.r), func(from, to int, _ rune) {
		of := r.aboutDraft(union, from, to)
		if of == ofNone {
			of = now
		}
		now = of
		parts = append(parts, part{from, to, of})
	})
	first := slices.IndexFunc(parts, func(p part) bool { return p.of != ofNone })
	if first < 0 {
		return r.ofWhichDraft()
	}
	for i := range parts[:first] {
		parts[i].of = parts[first].of
	}
	if k := slices.IndexFunc(parts, func(p part) bool { return p.of == ofSeveral }); k >= 0 {
		return r.whichDraftAsk(parts[k].from, parts[k].to)
	}
	thread := r.thread.clone()
	res = Result{ID: r.msg.ID, Intent: IntentChange}
	confirmed := 0
	for n := range thread.Orders {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.of == n || p.of == ofAll }) {
			continue
		}
		raw := slices.Clone(r.s.t.raw)
		for _, p := range parts {
			if p.of != n && p.of != ofAll {
				for i := p.from; i < p.to; i++ {
					raw[r.s.t.at[i]] = ' '
				}
			}
		}
		msg := r.msg
		msg.Text = string(raw)
		one, after, ok := r.x.reading(msg, thread, n+1).dialogue()
		switch {
		case !ok && !slices.ContainsFunc(parts, func(p part) bool { return p.of != n }):
			return res, nil, false
		case !ok:
			k := slices.IndexFunc(parts, func(p part) bool { return p.of == n || p.of == ofAll })
			return r.whichDraftAsk(parts[k].from, parts[k].to)
		case one.Intent == IntentCancel:
			res.Gone = append(res.Gone, n)
		case one.Intent == IntentConfirm || one.Intent == IntentDeny:
			confirmed++
			res.Intent = one.Intent
		default:
			thread = after
			res.Intent = IntentChange
			res.Explain = joinExplained(res.Explain, one.Explain)
			res.Mentions = append(res.Mentions, one.Mentions...)
		}
	}
	switch {
	case len(res.Gone) == len(thread.Orders):
		return Result{ID: r.msg.ID, Intent: IntentCancel}, &Thread{}, true
	case confirmed > 0 && res.Intent != IntentChange:
		return res, nil, false // 对: as about a single draft
	}
	if len(res.Gone) > 0 {
		res.Intent, res.Explain = IntentChange, nil
		thread.drop(res.Gone)
	}
	res.Orders, res.Asks = cloneDrafts(thread.Orders), slices.Clone(thread.Asks)
	return res, thread, true
}

func joinExplained(a, b any) any {
	x, _ := a.([]Explanation)
	y, _ := b.([]Explanation)
	if len(x)+len(y) == 0 {
		return b
	}
	return slices.Concat(x, y)
}

// drop takes the drafts of these numbers, in rising order, out of the conversation.
func (t *Thread) drop(gone []int) {
	for _, n := range slices.Backward(gone) {
		t.Orders = slices.Delete(t.Orders, n, n+1)
		if n < len(t.Words) {
			t.Words = slices.Delete(t.Words, n, n+1)
		}
		var left []Ask
		for _, a := range t.Asks {
			k, _, ok := orderField(a.Field)
			if !ok || k == n {
				continue
			}
			if k > n {
				a.Field = shifted(a.Field, -1)
			}
			left = append(left, a)
		}
		t.Asks = left
	}
}

// orderField parts the number of the order from a field.
func orderField(field string) (n int, rest string, ok bool) {
	inner, found := strings.CutPrefix(field, "orders[")
	number, rest, cut := strings.Cut(inner, "]")
	n, err := strconv.Atoi(number)
	return n, rest, found && cut && err == nil
}

// union holds the lines of all drafts, each with its draft in group.
func (r *reading) union() *builder {
	b := &builder{s: r.s, who: scope{work: &work{}}}
	for n := range r.thread.Orders {
		for i := range r.thread.Orders[n].Lines {
			it := r.lineOf(n, i, b.who)
			it.group = n
			b.items = append(b.items, it)
		}
	}
	b.base = len(b.items)
	return b
}

// namesDraft tells whether the message says which of the drafts it is about, by its customer or its number.
func (r *reading) namesDraft() bool {
	named := draftByNumber.MatchString(strings.TrimSpace(r.text))
	for i := range r.s.marks {
		named = named || r.draftOf(&r.s.marks[i]) >= 0
	}
	return named
}

// draftOf is the one draft whose customer m names, -1 if there is none.
func (r *reading) draftOf(m *mark) int {
	if m.kind != markCustomer && m.kind != markPerson || m.to <= m.from {
		return -1
	}
	found := -1
	for n := range r.thread.Orders {
		if id, ok := r.x.customerOf(r.thread.Orders[n].Customer); ok && r.thread.Orders[n].Customer != "" && slices.Contains(m.ids, id) {
			if found >= 0 {
				return -1
			}
			found = n
		}
	}
	return found
}

// aboutDraft tells which draft a clause is about.
func (r *reading) aboutDraft(union *builder, from, to int) int {
	s := r.s
	els := s.elements(from, to)
	for _, e := range els {
		if e.kind == elMark {
			if n := r.draftOf(e.mark); n >= 0 {
				return n
			}
		}
	}
	text := strings.TrimSpace(string(s.r[from:to]))
	if m := draftByNumber.FindStringSubmatch(text); m != nil {
		n := len(r.thread.Orders) - 1
		if m[1] != "" {
			said, _ := readNumeral([]rune(m[1]), 0)
			n = int(said.value.IntPart()) - 1
		} else if m[2] != "" {
			n = 0
		}
		if n < len(r.thread.Orders) {
			return n
		}
	}
	if draftsAll.MatchString(text) {
		return ofAll
	}
	changes := hasKind(els, markSet) || hasKind(els, markMinus) || hasKind(els, markPlus)
	draftOf := func(found []*wanted) int {
		if len(found) == 0 {
			return ofNone
		}
		for _, it := range found[1:] {
			if it.group != found[0].group {
				return ofSeveral
			}
		}
		return found[0].group
	}
	if f, t, ok := wordSpan(els); ok {
		m := union.mention(f, t)
		if !union.content(m) {
			m = union.mention(from, to)
		}
		if head := els[:slices.IndexFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind >= markQty })+1]; len(head) > 0 {
			if f, t, ok := wordSpan(head); ok {
				m = union.mention(f, t)
			}
		}
		var open []*wanted
		for _, it := range union.items {
			one := &builder{s: s, who: union.who, items: []*wanted{it}, base: 1}
			if it.res.product < 0 && (one.narrows(m) || slices.Contains(union.find(m), it)) {
				open = append(open, it)
			}
		}
		if n := draftOf(open); n != ofNone {
			if n == ofSeveral {
				return ofNone
			}
			return n
		}
		if union.content(m) {
			if n := draftOf(union.find(m)); n >= 0 || changes {
				return n
			}
			return ofNone
		}
	}
	if k := slices.IndexFunc(els, func(e el) bool { return e.kind == elMark && e.mark.kind == markQty }); k >= 0 && changes && !hasKind(els, markMinus) {
		var of []*wanted
		for _, it := range union.items {
			if q := els[k].mark.qty; !it.gift && (q.bare || sameUnit(q.unit, it.unitSaid())) {
				of = append(of, it)
			}
		}
		return draftOf(of)
	}
	return ofNone
}

// ofWhichDraft asks which draft a message is about that says something of the delivery and nothing that tells; ok is false where a
// question is open, which it may be about, or it says nothing of the kind.
func (r *reading) ofWhichDraft() (Result, *Thread, bool) {
	var f facts2
	r.s.gather(0, len(r.s.r), &f)
	said := f.due() != nil || f.carrier != "" || f.address != "" || f.contact != "" || f.phone != "" || f.payment != "" || f.po != ""
	if len(r.thread.Asks) > 0 || !said || hasKind(r.s.elements(0, len(r.s.r)), markQty) || strings.Contains(r.text, "?") || r.s.follow().status || r.s.follow().urge || !r.aboutDelivery(&f) {
		return Result{}, nil, false
	}
	return r.whichDraftAsk(0, len(r.s.r))
}

// whichDraftAsk leaves all drafts as they are and asks which of them r[from:to] is about.
func (r *reading) whichDraftAsk(from, to int) (Result, *Thread, bool) {
	next := r.thread.clone()
	field := fmt.Sprintf("orders[%d].lines", len(next.Orders)-1)
	if r.askOf(field) == nil {
		next.Asks = append(next.Asks, Ask{Field: field, Reason: ReasonAmbiguous, Text: fmt.Sprintf("「%s」说的是哪一单？请连客户或第几单一起再发一次。", strings.TrimSpace(r.s.quote(from, to)))})
	}
	return Result{ID: r.msg.ID, Intent: IntentChange, Orders: cloneDrafts(next.Orders), Asks: slices.Clone(next.Asks)}, next, true
}
