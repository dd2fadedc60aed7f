package bot

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"slices"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

const (
	maxCuts  = 6 // of one file
	cutLines = 3 // of an order, which its card shows on WeCom
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

// cutsFor are the pictures of what is asked about the message's ith order, one below the other, and the questions that
// they belong to.
func (s *session) cutsFor(i int, o *orders.Order) (picture []byte, questions []string) {
	var pictures [][]byte
	for _, q := range o.Questions {
		cut := s.cuts[s.at][fmt.Sprintf("orders[%d].%s", i, q.Field)]
		if q.Blocking() && len(cut) > 0 {
			pictures, questions = append(pictures, cut), append(questions, strings.TrimSpace(q.Text))
		}
	}
	if len(pictures) == 0 {
		return nil, nil
	}
	stacked, err := stack(pictures)
	if err != nil {
		s.clerk.Logger.Warn("put pictures of what is asked about together", "error", err)
		return pictures[0], questions[:1]
	}
	return stacked, questions
}

// stack puts PNG pictures one below the other.
func stack(pictures [][]byte) ([]byte, error) {
	if len(pictures) == 1 {
		return pictures[0], nil
	}
	const gap = 12 // pixels
	var parts []image.Image
	width, height := 0, -gap
	for _, data := range pictures {
		p, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		width, height = max(width, p.Bounds().Dx()), height+p.Bounds().Dy()+gap
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	y := 0
	for _, p := range parts {
		b := p.Bounds()
		draw.Draw(out, image.Rect(0, y, b.Dx(), y+b.Dy()), p, b.Min, draw.Src)
		y += b.Dy() + gap
	}
	var file bytes.Buffer
	err := png.Encode(&file, out)
	return file.Bytes(), err
}

// withCuts puts the picture of what is asked about before the card that asks. Where that would be one message more than a
// member of WeCom is sent for a draft, it stands in place of the lines: the card shows as many as it has room for, and
// says how to see all. They come by themselves when the question is answered; the draft can't be confirmed before.
func (s *session) withCuts(i int, o *orders.Order, messages []cards.Message) []cards.Message {
	picture, questions := s.cutsFor(i, o)
	if len(picture) == 0 {
		return messages
	}
	if s.part.Chat.Platform == orders.WeCom && s.announced {
		messages = slices.DeleteFunc(messages, func(m cards.Message) bool { return m.Card == nil })
		if c := messages[0].Card; len(o.Lines) > cutLines {
			c.Desc = fmt.Sprintf("共 %d 行，回复「明细 %s」看全部", len(o.Lines), o.ID)
			messages[0].Text = cards.Text(c)
		}
	}
	text := questions[0]
	if len(questions) > 1 {
		text = "原图上要问的地方，从上到下：\n" + strings.Join(questions, "\n")
	}
	cut := cards.Message{Text: text, File: &cards.File{Name: string(o.ID) + ".png", Data: picture}}
	return slices.Insert(messages, len(messages)-1, cut)
}
