package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// slotsOffered is how many free slots are shown.
const slotsOffered = 6

// offered are slots that were shown for an order, by their keys.
type offered struct {
	Order orders.OrderID `json:"order"`
	Keys  []string       `json:"keys"`
}

// offerSlots shows when an engineer is free for an order.
func (s *session) offerSlots(ctx context.Context, o *orders.Order) error {
	free, err := s.freeSlots(ctx, "")
	if err != nil {
		return err
	}
	free = free[:min(len(free), slotsOffered)]
	s.talk.Slots = &offered{Order: o.ID}
	for i := range free {
		s.talk.Slots.Keys = append(s.talk.Slots.Keys, free[i].Key())
	}
	s.send(cards.FreeSlots(o, free), "reply", o.ID)
	return nil
}

// freeSlots returns all that are free from a day on.
func (s *session) freeSlots(ctx context.Context, since string) ([]orders.Slot, error) {
	now := s.now.In(s.clerk.Location)
	taken, err := s.clerk.Query.BookedSlots(ctx, now.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	return s.books.Catalog.FreeSlots(taken, since, 1<<30, now), nil
}

var (
	slotNumber  = regexp.MustCompile(`^第?\s*(\d{1,2})\s*个?$`)
	slotHalf    = regexp.MustCompile(`上午|早上|下午|午后`)
	slotWeekday = regexp.MustCompile(`(下下|下|本|这)?(?:周|星期|礼拜)([一二三四五六日天])`)
)

// slotDay finds the day in words, and what else they say.
func slotDay(words string, now time.Time) (day, rest string, ok bool) {
	if m := slotWeekday.FindStringSubmatchIndex(words); m != nil {
		want := strings.Index("日一二三四五六", strings.Replace(words[m[4]:m[5]], "天", "日", 1)) / len("日")
		ahead := (want + 6) % 7 // from Monday
		monday := now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
		d := monday.AddDate(0, 0, ahead)
		switch {
		case m[2] >= 0:
			d = d.AddDate(0, 0, 7*strings.Count(words[m[2]:m[3]], "下"))
		case d.Format(time.DateOnly) < now.Format(time.DateOnly):
			d = d.AddDate(0, 0, 7)
		}
		return d.Format(time.DateOnly), strings.Trim(words[:m[0]]+" "+words[m[1]:], edges), true
	}
	from, until, before, behind, ok := leaveSpan(words, now)
	if !ok || !until.Equal(from.AddDate(0, 0, 1)) {
		return "", "", false
	}
	return from.Format(time.DateOnly), strings.Trim(before+" "+behind, edges), true
}

// book carries out 「预约 SO… 姓名 3月12日上午」, 「预约 SO… 2」 of what was offered, and 「预约 SO…」, which offers.
func (s *session) book(ctx context.Context, tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		o, err := s.ownOrder(tx, id)
		if err != nil {
			return err
		}
		if cmd.arg == "" {
			if err := s.offerSlots(ctx, o); err != nil {
				return err
			}
			continue
		}
		slot, err := s.slotIn(ctx, o, cmd.arg)
		if err != nil {
			return err
		}
		if o, err = s.clerk.Desk.Book(tx, id, *slot, s.person.actor()); err != nil {
			return err
		}
		s.say(fmt.Sprintf("已预约 %s：%s。", o.ID, o.Slot))
		if o.Status == orders.StatusDraft {
			s.talk.Slots = nil
			if err := s.attach(tx, o); err != nil {
				return err
			}
			if err := s.show(ctx, tx, o, "", 1, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// slotIn finds the slot that words name.
func (s *session) slotIn(ctx context.Context, o *orders.Order, words string) (*orders.Slot, error) {
	cat := s.books.Catalog
	if m := slotNumber.FindStringSubmatch(words); m != nil {
		n, _ := strconv.Atoi(m[1])
		if t := s.talk.Slots; t != nil && t.Order == o.ID && n >= 1 && n <= len(t.Keys) {
			return orders.ParseSlot(t.Keys[n-1]), nil
		}
		return nil, orders.Errorf(orders.CodeInvalid, "没有第 %d 个空档，没有预约。请发「预约 %s」看看有哪些", n, o.ID)
	}
	half := slotHalf.FindString(words)
	day, rest, ok := slotDay(strings.Trim(slotHalf.ReplaceAllString(words, " "), edges), s.now.In(s.clerk.Location))
	if !ok || half == "" {
		return nil, orders.Errorf(orders.CodeInvalid, "请写明哪天上午还是下午，例如「预约 %s 3月12日上午」，没有预约", o.ID)
	}
	slot := &orders.Slot{Day: day, Half: orders.Afternoon}
	if half == "上午" || half == "早上" {
		slot.Half = orders.Morning
	}
	if rest != "" {
		who, err := s.staffNamed(strings.TrimSpace(rest))
		if err != nil {
			return nil, err
		}
		slot.Engineer = who.Code
		return slot, nil
	}
	if len(cat.Engineers()) == 0 {
		return nil, orders.Errorf(orders.CodeInvalid, "名单里还没有工程师，没有预约")
	}
	taken, err := s.clerk.Query.BookedSlots(ctx, day)
	if err != nil {
		return nil, err
	}
	for _, e := range cat.Engineers() {
		slot.Engineer, slot.Name = e.Code, e.Name
		if begins, err := time.ParseInLocation(time.DateOnly, day, s.clerk.Location); err == nil && cat.Away(e.Code, begins) == nil && !slices.Contains(taken, slot.Key()) {
			return slot, nil
		}
	}
	return slot, nil // refused with the reason
}
