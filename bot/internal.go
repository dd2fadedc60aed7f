package bot

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"orderbot/orders"
)

// internalNote is what a member of the staff writes for the warehouse alone: 内部说明：先发老批次. It ends with its line.
var internalNote = regexp.MustCompile(`(?:内部(?:执行)?(?:说明|备注)|仅仓库可见)[ \t]*[:：][ \t]*([^\n]+)`)

// takeInternal takes what is for the warehouse alone out of a text, so that it becomes no part of the order's note. Blanks
// stay in its place: what is quoted of the rest still stands where it stood.
func takeInternal(text string) (rest, note string) {
	var notes []string
	rest = internalNote.ReplaceAllStringFunc(text, func(found string) string {
		if n := strings.Trim(internalNote.FindStringSubmatch(found)[1], edges); n != "" {
			notes = append(notes, n)
		}
		return strings.Repeat(" ", utf8.RuneCountInString(found))
	})
	if strings.TrimSpace(rest) == "" {
		rest = ""
	}
	return rest, strings.Join(notes, "；")
}

// takeExtra takes the fields that the rules ask for of some orders only (「专属服务说明：派工程师跟台」) out of a text, as
// takeInternal does.
func (s *session) takeExtra(text string) string {
	s.extra = nil
	rules, ok := s.clerk.Desk.Rules().(interface{ ExtraFields() []string })
	if !ok {
		return text
	}
	for _, name := range rules.ExtraFields() {
		line := regexp.MustCompile(regexp.QuoteMeta(name) + `[ \t]*[:：][ \t]*([^\n]+)`)
		text = line.ReplaceAllStringFunc(text, func(found string) string {
			if value := strings.Trim(line.FindStringSubmatch(found)[1], edges); value != "" {
				s.extra = with(s.extra, name, value)
			}
			return strings.Repeat(" ", utf8.RuneCountInString(found))
		})
	}
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// noted tells whether the message says what goes beside an order: the note for the warehouse, or a field that only some have.
func (s *session) noted() bool { return s.internal != "" || len(s.extra) > 0 }

// put puts that into an order.
func (s *session) put(o *orders.Order) {
	o.InternalNote = cmp.Or(s.internal, o.InternalNote)
	if len(s.extra) > 0 && o.Extra == nil {
		o.Extra = make(map[string]string)
	}
	maps.Copy(o.Extra, s.extra)
}

// annotate puts what goes beside an order into drafts.
func (s *session) annotate(ctx context.Context, tx Tx, ids []orders.OrderID) error {
	if len(ids) == 0 && s.internal == "" {
		name := slices.Sorted(maps.Keys(s.extra))[0]
		s.say(fmt.Sprintf("「%s」要和订单一起发，或写上草稿的单号，例如「SO… %s：…」。", name, name))
		return nil
	}
	if len(ids) == 0 {
		s.say("内部说明要和订单一起发，或写上草稿的单号，例如「SO… 内部说明：先发老批次」。")
		return nil
	}
	for i, id := range ids {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.Revise(tx, id, s.person.actor(), func(o *orders.Order) error {
			s.put(o)
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.show(ctx, tx, o, "", i+1, len(ids)); err != nil {
			return err
		}
	}
	return nil
}

// internalTaken says that a note for the warehouse was taken, without its words.
const internalTaken = "内部说明已记下，只有仓库看得到。"
