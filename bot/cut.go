package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

const (
	maxCuts = 6 // of one file
	// cutLines is how many lines an order may have for its card alone to show them: with a picture and the receipt a draft
	// is three messages then, as many as a member of WeCom is sent.
	cutLines = 3
)

// uncutError ends a transaction in which a picture was read of which places are asked about: nobody waits for the worker
// with a transaction open. Afterwards the part is answered anew.
type uncutError struct {
	message int
	fields  []string
	places  []page.Place
}

func (*uncutError) Error() string { return "pictures are to be cut out" }

// needCuts returns an *uncutError where places of the nth message's picture are asked about and were not cut out yet.
func (s *session) needCuts(n int, m intake.Message, r *intake.Result) error {
	if _, done := s.cuts[n]; done || m.Doc == nil || m.Doc.Kind != page.KindOCR {
		return nil
	}
	list, _ := r.Explain.([]intake.Explanation)
	need := &uncutError{message: n}
	for _, a := range r.Asks {
		q := orders.Question{Reason: a.Reason}
		i := slices.IndexFunc(list, func(e intake.Explanation) bool { return e.Field == a.Field && e.Source != nil })
		if i < 0 || !q.Blocking() || len(need.places) == maxCuts {
			continue
		}
		if p := list[i].Source.Place; p.Page > 0 && p.Box != [4]page.Point{} {
			need.fields, need.places = append(need.fields, a.Field), append(need.places, p)
		}
	}
	if len(need.places) == 0 {
		return nil
	}
	return need
}

// cutOut cuts what is asked about out of a file; where that fails the questions are asked in words alone.
func (c *Clerk) cutOut(ctx context.Context, s *session, need *uncutError) {
	if s.cuts == nil {
		s.cuts = map[int]map[string][]byte{}
	}
	cuts := map[string][]byte{}
	s.cuts[need.message] = cuts
	read := slices.DeleteFunc(slices.Clone(s.docs), func(d opened) bool { return d.doc == nil })
	pictures, err := c.Files.Cut(ctx, read[need.message].data, need.places)
	if err != nil {
		c.Logger.Warn("cut out what is asked about", "error", err)
	}
	for i, picture := range pictures {
		cuts[need.fields[i]] = picture
	}
}

// cutFor is the picture of what the card of the message's ith order asks.
func (s *session) cutFor(i int, o *orders.Order) []byte {
	if q := openQuestion(o); q >= 0 {
		return s.cuts[s.at][fmt.Sprintf("orders[%d].%s", i, o.Questions[q].Field)]
	}
	return nil
}

// withCut puts the picture of what is asked about before the card that asks.
func (s *session) withCut(o *orders.Order, messages []cards.Message) []cards.Message {
	picture := s.cut
	s.cut = nil
	if len(picture) == 0 {
		return messages
	}
	if s.part.Chat.Platform == orders.WeCom && s.announced {
		if len(o.Lines) > cutLines {
			return messages
		}
		messages = slices.DeleteFunc(messages, func(m cards.Message) bool { return m.Card == nil })
	}
	text := "原图上要问的地方（红框）"
	if q := openQuestion(o); q >= 0 {
		text = strings.TrimSpace(o.Questions[q].Text)
	}
	cut := cards.Message{Text: text, File: &cards.File{Name: string(o.ID) + ".png", Data: picture}}
	at := max(0, len(messages)-1)
	return slices.Insert(messages, at, cut)
}
