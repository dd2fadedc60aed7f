package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orderbot/orders"
	"orderbot/orders/intake"
)

// A promise is what somebody gave a customer their word for, or what sounds so: 上次说好送两盒, 答应给样品, 指定跨越物流. Where no
// field of the order carries it, somebody has to say what it means before the order can be confirmed (客户特殊要求).
var (
	promiseClause = regexp.MustCompile(`[^,，。;；、\n!！?？]+`)
	promiseWords  = regexp.MustCompile(`说好|讲好|谈好|说定|答应|承诺|许诺|应承|保证`)
	promiseDenied = regexp.MustCompile(`(?:没有?|未|不|别|无法|不能|不敢|不用|不要)[^,，。;；]{0,2}(?:说好|讲好|谈好|说定|答应|承诺|许诺|应承|保证)`)
	promiseGift   = regexp.MustCompile(`赠品|[赠搭白]送|免费送|送的?(?:[个点些份几]|\d|[一二两三四五六七八九十半])|送样|给样|样品|试用装`)
	giftWords     = regexp.MustCompile(`赠品|[赠搭白]送|免费送|送(?:你|您|他|她|我|客户|他们|我们)?[个点些份几]`)
	giftDenied    = regexp.MustCompile(`(?:不|没|无|免|别)[^,，。;；]{0,2}(?:赠|送)|送(?:[个点些几]+)?(?:货|到|去|来|过|至)|送.*(?:到|去|来|过去|过来|上门)`)
	urgentWords   = regexp.MustCompile(`加急|小时|急`)
	carrierWords  = regexp.MustCompile(`指定.{0,6}(?:物流|快递|速递|速运|快运|货运|承运|专线)|(?:物流|快递|承运)[^,，。;；]{0,2}指定`)
	carrierDenied = regexp.MustCompile(`(?:不|没有?|未|无需|不用)[^,，。;；]{0,2}指定|(?:物流|快递|承运)[^,，。;；]{0,2}(?:不|没)`)
)

// promise is one such place of a text.
type promise struct {
	from, to int // in characters
	words    string
	kind     string // of a requirement; empty: it may be anything
}

// promisesIn finds what sounds like promises in a text.
func promisesIn(text string) []promise {
	var out []promise
	before := 0 // where the clause before begins, in bytes
	for _, at := range promiseClause.FindAllStringIndex(text, -1) {
		clause := text[at[0]:at[1]]
		p := promise{}
		word := promiseWords.FindStringIndex(clause)
		from, to := at[0], at[1]
		switch {
		case word != nil && !promiseDenied.MatchString(clause):
			from = at[0] + word[0]
			// Behind what was promised stands no more than that it was: 送两瓶，说好的.
			if utf8.RuneCountInString(strings.TrimRight(clause[word[1]:], "的了哈啊呀 ")) == 0 {
				from = at[0]
				if promiseGift.FindString(clause) == "" && before < at[0] {
					from = before
				}
			}
			if said := text[from:to]; promiseGift.MatchString(said) || strings.Contains(said, "送") && !giftDenied.MatchString(said) {
				p.kind = orders.RequireGift
			} else if urgentWords.MatchString(text[from:to]) {
				p.kind = orders.RequireUrgent
			}
		case giftWords.MatchString(clause) && !giftDenied.MatchString(clause):
			p.kind = orders.RequireGift
		default:
			p.kind = ""
			from = to
		}
		if carrierWords.MatchString(clause) && !carrierDenied.MatchString(clause) {
			p.kind, from = orders.RequireCarrier, min(from, at[0]+carrierWords.FindStringIndex(clause)[0])
		}
		if before = at[0]; from < to {
			p.from, p.to = utf8.RuneCountInString(text[:from]), utf8.RuneCountInString(text[:to])
			p.words = strings.TrimSpace(text[from:to])
			out = append(out, p)
		}
	}
	return out
}

// promised tells for each order of a reading which promise of the message, or of its own note, is carried by no field.
func (s *session) promised(r *intake.Result) []*promise {
	out := make([]*promise, len(r.Orders))
	list, _ := r.Explain.([]intake.Explanation)
	for _, p := range promisesIn(s.message.Text) {
		owner, near := 0, -1
		carried := false
		for _, e := range list {
			var i int
			if n, err := fmt.Sscanf(e.Field, "orders[%d].", &i); n != 1 || err != nil || e.Source == nil || e.Source.Place.Page > 0 || i >= len(r.Orders) {
				continue
			}
			if e.Source.To <= p.from && e.Source.To > near {
				owner, near = i, e.Source.To
			}
			field := e.Field[strings.Index(e.Field, "].")+2:]
			carried = carried || field != "note" && field != "customer" && p.kind != orders.RequireGift && p.kind != orders.RequireCarrier &&
				e.Source.From < p.to && e.Source.To > p.from
		}
		if !carried && len(r.Orders) > 0 && out[owner] == nil {
			out[owner] = &p
		}
	}
	if s.message.Doc == nil {
		return out
	}
	for i := range r.Orders { // a form's remark
		if found := promisesIn(r.Orders[i].Note); out[i] == nil && len(found) > 0 {
			out[i] = &found[0]
		}
	}
	return out
}

// promiseQuestion asks what a promise means.
func promiseQuestion(p *promise) orders.Question {
	q := orders.Question{
		Field: orders.FieldRequirement, Reason: "missing", Said: p.words, Key: p.kind,
		Text:    "「" + p.words + "」像是答应了客户的，订单里还没有对应的内容。客户特殊要求是哪一种？",
		Options: []string{orders.RequireNone, orders.RequireGift, orders.RequireUrgent, orders.RequireCarrier, orders.RequireOther},
	}
	if i := slices.Index(q.Options, p.kind); i > 0 {
		q.Options = slices.Insert(slices.Delete(q.Options, i, i+1), 0, p.kind)
	}
	q.Labels = slices.Clone(q.Options)
	return q
}

// owe asks about a promise that none of the order's fields carries.
func owe(o *orders.Order, p *promise) {
	if p == nil || o.Carries(p.kind) || slices.ContainsFunc(o.Questions, func(q orders.Question) bool { return q.Field == orders.FieldRequirement }) {
		return
	}
	o.Questions = append(o.Questions, promiseQuestion(p))
}

// give makes gifts of the lines that were read from the words of a promise.
func give(o *orders.Order, why []orders.Reason, said string) {
	within := func(i int, name string) bool {
		r := reasonFor(why, fmt.Sprintf("lines[%d].%s", i, name))
		return r != nil && r.Words != "" && strings.Contains(said, r.Words)
	}
	for i := range o.Lines {
		if within(i, "product") && within(i, "quantity") {
			o.Lines[i].Gift, o.Lines[i].Stated = true, nil
		}
	}
}

// aboutLines fit what is about the lines that a draft has already.
var aboutLines = regexp.MustCompile(`改|换|不要|删|去掉|取消|减|再加|多加`)

// nameGift takes a text for the gift that was asked about: its goods are added to the draft for nothing, whatever else it holds
// of them. It returns false where the text names no goods or is about something else.
func (s *session) nameGift(ctx context.Context, tx Tx, m intake.Message) (bool, error) {
	if m.Doc != nil || aboutLines.MatchString(m.Text) {
		return false, nil
	}
	for _, id := range s.talk.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return false, err
		}
		q := openQuestion(o)
		if q < 0 || o.Questions[q].Field != orders.FieldRequirement || o.Questions[q].Key != orders.RequireGift || o.Questions[q].Options[0] != orders.RequireNone {
			continue
		}
		m.Customer = string(o.Customer)
		r, _ := s.books.Lexicon.Read(m, nil)
		if r.Intent != intake.IntentOrder || len(r.Orders) != 1 || len(r.Orders[0].Lines) == 0 {
			return false, nil
		}
		if _, err := s.ownOrder(tx, id); err != nil {
			return false, err
		}
		o, err = s.clerk.Desk.Revise(tx, id, s.person.actor(), func(o *orders.Order) error {
			first := len(o.Lines)
			for _, l := range r.Orders[0].Lines {
				l.Gift, l.Price = true, ""
				o.Lines = append(o.Lines, orderLine(s.books.Catalog, l))
			}
			for _, a := range questions(s.books.Catalog, r.Asks, 0) {
				if k, name, ok := lineOf(a.Field); ok {
					a.Field = fmt.Sprintf("lines[%d].%s", first+k, name)
					o.Questions = append(o.Questions, a)
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		if len(s.talk.Orders) == 1 {
			s.talk.Orders = nil
			err = s.attach(tx, o)
		} else if i := slices.Index(s.talk.Orders, id); s.talk.Thread != nil && i < len(s.talk.Thread.Orders) {
			s.talk.Thread.Orders[i] = draftOf(s.books.Catalog, o)
			for len(s.talk.Thread.Words) > i && len(s.talk.Thread.Words[i]) < len(o.Lines) {
				s.talk.Thread.Words[i] = append(s.talk.Thread.Words[i], "")
			}
		}
		if err != nil {
			return false, err
		}
		return true, s.show(ctx, tx, o, "", 1, 1)
	}
	return false, nil
}

// noRequirement fits an answer that there is none.
var noRequirement = regexp.MustCompile(`^(?:没有?|不用|不要|不需要|没有?要求|不送|无要求)了?$`)

// requirement answers the question what a promise means.
func (s *session) requirement(ctx context.Context, tx Tx, o *orders.Order, n int, option string) error {
	why, err := tx.Reasons(o.ID)
	if err != nil {
		return err
	}
	o, err = s.clerk.Desk.Revise(tx, o.ID, s.person.actor(), func(o *orders.Order) error {
		q := &o.Questions[n]
		said := q.Said
		switch option {
		case orders.RequireNone, orders.RequireOther:
			o.Questions = slices.Delete(o.Questions, n, n+1)
			if o.Requirement = orders.RequireNone; option == orders.RequireOther {
				o.Requirement = said
			}
		case orders.RequireUrgent:
			o.Questions = slices.Delete(o.Questions, n, n+1)
			o.Requirement, o.Urgent, o.UrgentWords = orders.RequireNone, true, option
			if o.Wanted() == "" {
				o.DeliverBy = s.now.Add(48 * time.Hour).In(s.clerk.Location).Format(time.RFC3339)
			}
		default: // the gift or the carrier, which a field of its own is to carry
			if option == orders.RequireGift {
				give(o, why, said)
			}
			q.Key, q.Text = option, "送什么、送多少？请直接说，例如「送 … 2盒」。不送了就选「无」。"
			if option == orders.RequireCarrier {
				q.Text = "指定哪家物流？请直接说，例如「发顺丰」。别家的选「按原话」，会写给仓库。"
			}
			q.Options = []string{orders.RequireNone, orders.RequireOther}
			q.Labels = slices.Clone(q.Options)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if i := slices.Index(s.talk.Orders, o.ID); i >= 0 && s.talk.Thread != nil && i < len(s.talk.Thread.Orders) {
		d := &s.talk.Thread.Orders[i]
		*d = draftOf(s.books.Catalog, o)
	}
	return s.show(ctx, tx, o, "", 1, 1)
}
