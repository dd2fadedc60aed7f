package orders

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Slot is half a day of an engineer, booked for the technical guidance that goes with an order (工程师排期). No two orders have
// the same.
type Slot struct {
	Engineer StaffCode
	Name     string // of the engineer, when it was booked
	Day      string // yyyy-mm-dd
	Half     Half
}

// Half is half a day.
type Half string

// The halves of a day.
const (
	Morning   Half = "am" // 上午, until 12:00
	Afternoon Half = "pm" // 下午, until 18:00
)

// String returns the Chinese word.
func (h Half) String() string {
	if h == Morning {
		return "上午"
	}
	return "下午"
}

// ends is when the half of a day is over.
func (s *Slot) ends(loc *time.Location) time.Time {
	day, _ := time.ParseInLocation(time.DateOnly, s.Day, loc)
	if s.Half == Morning {
		return day.Add(12 * time.Hour)
	}
	return day.Add(18 * time.Hour)
}

// begins is when the half of a day begins.
func (s *Slot) begins(loc *time.Location) time.Time {
	day, _ := time.ParseInLocation(time.DateOnly, s.Day, loc)
	if s.Half == Morning {
		return day
	}
	return day.Add(12 * time.Hour)
}

// Over tells whether the slot has passed.
func (s *Slot) Over(at time.Time) bool { return !at.Before(s.ends(at.Location())) }

// Key names the slot: 2026-03-12 am S40. Keys sort by time.
func (s *Slot) Key() string { return s.Day + " " + string(s.Half) + " " + string(s.Engineer) }

// ParseSlot reads a slot's key; nil where it is none.
func ParseSlot(key string) *Slot {
	day, rest, _ := strings.Cut(key, " ")
	half, who, ok := strings.Cut(rest, " ")
	if !ok || who == "" {
		return nil
	}
	return &Slot{Engineer: StaffCode(who), Day: day, Half: Half(half)}
}

// String says the slot: 3月12日 周四 上午 周工.
func (s *Slot) String() string {
	day, err := time.Parse(time.DateOnly, s.Day)
	if err != nil {
		return s.Key()
	}
	week := []rune("日一二三四五六")[day.Weekday()]
	return fmt.Sprintf("%d月%d日 周%c %s %s", day.Month(), day.Day(), week, s.Half, s.Name)
}

// SlotDays is how far ahead engineers can be booked.
const SlotDays = 60

// Engineers are those who can be booked, in the order of the staff list.
func (c *Catalog) Engineers() []*Staff { return c.StaffWith(RoleEngineer) }

// FreeSlots returns the next free slots of engineers on working days, at most most, the soonest first. taken are the keys of those
// that are booked; since what day (yyyy-mm-dd) may be empty: now.
func (c *Catalog) FreeSlots(taken []string, since string, most int, now time.Time) []Slot {
	var out []Slot
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	for i := range SlotDays {
		day := today.AddDate(0, 0, i)
		if day.Format(time.DateOnly) < since || !c.Calendar.IsWorkday(day) {
			continue
		}
		for _, half := range []Half{Morning, Afternoon} {
			for _, e := range c.Engineers() {
				s := Slot{Engineer: e.Code, Name: e.Name, Day: day.Format(time.DateOnly), Half: half}
				if !now.Before(s.begins(now.Location())) || c.Away(e.Code, s.begins(now.Location())) != nil || slices.Contains(taken, s.Key()) {
					continue
				}
				if out = append(out, s); len(out) == most {
					return out
				}
			}
		}
	}
	return out
}

// Book books an engineer for an order that is not shipped yet, in place of what was booked for it before. A CodeConflict error says that
// another order has the slot.
func (d *Desk) Book(tx Tx, id OrderID, s Slot, by Actor) (*Order, error) {
	o, err := tx.Order(id)
	if err != nil {
		return nil, err
	}
	now, cat := d.Now(), d.Catalog()
	switch {
	case o.Status == StatusDraft:
		if o, err = d.OpenDraft(tx, id); err != nil {
			return nil, err
		}
	case o.Status.Ended() || o.Status == StatusReturning:
		return nil, Errorf(CodeConflict, "订单 %s 是「%s」，不用预约了", o.ID, o.Status)
	}
	if !o.needsService(cat) {
		return nil, Errorf(CodeInvalid, "订单 %s 里没有要技术指导的货，不用预约", o.ID)
	}
	who := cat.StaffByCode(s.Engineer)
	if who == nil || !who.Has(RoleEngineer) {
		return nil, Errorf(CodeInvalid, "名单里没有这位工程师，没有预约")
	}
	s.Name = who.Name
	start := s.begins(now.Location())
	switch {
	case !now.Before(s.ends(now.Location())):
		return nil, Errorf(CodeInvalid, "%s 已经过去了，没有预约", &s)
	case start.After(now.AddDate(0, 0, SlotDays)):
		return nil, Errorf(CodeInvalid, "只能预约 %d 天以内的，没有预约", SlotDays)
	case cat.Away(who.Code, start) != nil:
		return nil, Errorf(CodeConflict, "%s请假，%s 不在，没有预约", who.Name, &s)
	}
	before := o.Slot
	if before != nil && before.Key() == s.Key() {
		return o, nil
	}
	o.Slot = &s
	var events []Event
	if o.Status == StatusDraft {
		o.Revision++
		if err := d.check(tx, o, d.Rules(), Facts{Draft: true}); err != nil {
			return nil, err
		}
	} else {
		if before != nil {
			events = append(events, d.event(o, EventSlotFreed, by, map[string]string{"slot": before.Key()}))
		}
		events = append(events, d.event(o, EventSlotBooked, by, map[string]string{"slot": s.Key()}))
	}
	if err := tx.SaveOrder(o); err != nil {
		return nil, err
	}
	was := ""
	if before != nil {
		was = before.String()
	}
	if err := tx.Audit(d.entry(o, by, "预约工程师", was, s.String(), "")); err != nil {
		return nil, err
	}
	return o, tx.Emit(events...)
}

// needsService tells whether something of the order comes with technical guidance.
func (o *Order) needsService(cat *Catalog) bool {
	return slices.ContainsFunc(o.Lines, func(l Line) bool {
		p := cat.Product(l.Product)
		return p != nil && p.Service && !l.Gift
	})
}

// AsksForSlot tells whether the rules want an engineer booked for the order, and none is.
func (o *Order) AsksForSlot() bool {
	return slices.ContainsFunc(o.Findings, func(f Finding) bool { return f.Slot })
}
