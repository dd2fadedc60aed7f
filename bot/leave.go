package bot

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

const leaveUsage = "请写明哪几天、由谁代，例如「请假 3月20日到3月25日 由李四代」。提前回来发「销假」。"

var (
	leaveDay   = regexp.MustCompile(`今天|明天|后天|(?:(\d{4})[年/.-])?(\d{1,2})[月/.-](\d{1,2})[日号]?`)
	leaveLast  = regexp.MustCompile(`^\s*[-~到至—]\s*(\d{1,2})[日号]`) // 3月20日到25日
	leaveTo    = regexp.MustCompile(`^\s*[-~到至—]\s*$`)
	leaveFor   = regexp.MustCompile(`^(?:由|让|请)?\s*(\S+?)\s*(?:代班|代理|代批|代)$`)
	longestOff = 366 * 24 * time.Hour
)

// leaveSpan finds the days of an absence in a sentence, with what stands before and behind them. ok is
// false where there are none.
func leaveSpan(text string, now time.Time) (from, until time.Time, before, behind string, ok bool) {
	found := leaveDay.FindAllStringSubmatchIndex(text, 3)
	if len(found) == 0 || len(found) > 2 {
		return from, until, "", "", false
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	day := func(m []int) (time.Time, bool, bool) {
		switch text[m[0]:m[1]] {
		case "今天":
			return today, true, true
		case "明天":
			return today.AddDate(0, 0, 1), true, true
		case "后天":
			return today.AddDate(0, 0, 2), true, true
		}
		year, hasYear := today.Year(), m[2] >= 0
		if hasYear {
			year, _ = strconv.Atoi(text[m[2]:m[3]])
		}
		month, _ := strconv.Atoi(text[m[4]:m[5]])
		number, _ := strconv.Atoi(text[m[6]:m[7]])
		d := time.Date(year, time.Month(month), number, 0, 0, 0, 0, now.Location())
		return d, hasYear, int(d.Month()) == month && d.Day() == number
	}
	from, sure, ok := day(found[0])
	last, end := from, found[0][1]
	switch m := leaveLast.FindStringSubmatchIndex(text[end:]); {
	case !ok:
	case len(found) == 2:
		if ok = leaveTo.MatchString(text[end:found[1][0]]); ok {
			last, _, ok = day(found[1])
			end = found[1][1]
		}
	case m != nil:
		number, _ := strconv.Atoi(text[end+m[2] : end+m[3]])
		last = time.Date(from.Year(), from.Month(), number, 0, 0, 0, 0, now.Location())
		ok = last.Day() == number
		end += m[1]
	}
	if !ok {
		return from, until, "", "", false
	}
	if next := last.AddDate(1, 0, 0); !sure && last.Before(from) && next.Sub(from) < longestOff/4 { // 12月30日到1月3日
		last = next
	}
	if next := last.AddDate(1, 0, 0); !sure && last.Before(today) && next.Sub(today) < longestOff/2 { // in December, of January
		from, last = from.AddDate(1, 0, 0), next
	}
	return from, last.AddDate(0, 0, 1), strings.Trim(text[:found[0][0]], edges), strings.Trim(text[end:], edges), true
}

// goAway notes that somebody will be away and who decides in their place: 「请假 3月20日到3月25日 由李四代」,
// 「请假 王敏 …」 for another.
func (s *session) goAway(tx Tx, arg string) (bool, error) {
	from, until, before, behind, ok := leaveSpan(arg, s.now.In(s.clerk.Location))
	if !ok {
		if arg != "" && !strings.HasSuffix(arg, "代") {
			return false, nil
		}
		s.say(leaveUsage)
		return true, nil
	}
	who, err := s.absentee(tx, before, "请假")
	if err != nil || who == nil {
		return true, err
	}
	switch {
	case !until.After(from):
		return true, orders.Errorf(orders.CodeInvalid, "结束的那天在开始之前，没有登记。%s", leaveUsage)
	case !until.After(s.now):
		return true, orders.Errorf(orders.CodeInvalid, "%s 已经过去了，没有登记", until.AddDate(0, 0, -1).Format("2006-01-02"))
	case until.Sub(from) > longestOff:
		return true, orders.Errorf(orders.CodeInvalid, "一次最多登记一年，没有登记")
	}
	a := orders.Absence{Staff: who.Code, From: from, Until: until, By: s.person.staff.Code}
	deputy := s.books.Catalog.StaffByCode(who.Deputy)
	if behind != "" {
		m := leaveFor.FindStringSubmatch(behind)
		if m == nil {
			return true, orders.Errorf(orders.CodeInvalid, "没有看懂「%s」，没有登记。%s", behind, leaveUsage)
		}
		if deputy, err = s.staffNamed(m[1]); err != nil {
			return true, err
		}
		a.Deputy = deputy.Code
	} else if deputy == nil {
		deputy = s.books.Catalog.StaffByCode(who.Superior)
	}
	switch {
	case deputy == nil:
		return true, orders.Errorf(orders.CodeInvalid, "还不知道由谁代，没有登记。%s", leaveUsage)
	case deputy.Code == who.Code:
		return true, orders.Errorf(orders.CodeInvalid, "不能由自己代，没有登记。%s", leaveUsage)
	}
	if err := tx.Leave(a); err != nil {
		return true, err
	}
	days := from.Format("2006-01-02") + " 至 " + until.AddDate(0, 0, -1).Format("2006-01-02")
	if err := s.note(tx, "请假", fmt.Sprintf("%s %s 由%s代", who.Name, days, deputy.Name)); err != nil {
		return true, err
	}
	shown := cards.Wanted(from.Format(time.DateOnly), s.now) + " 到 " + cards.Wanted(until.AddDate(0, 0, -1).Format(time.DateOnly), s.now)
	text := fmt.Sprintf("已登记：%s %s 请假，其间等%s审批的订单由%s代。到期自动结束，提前回来发「销假」。", who.Name, shown, who.Name, deputy.Name)
	if s.books.Catalog.Away(deputy.Code, from) != nil {
		if next := s.books.Catalog.StandIn(deputy, from, who.Code); next != nil {
			text += fmt.Sprintf("\n%s 那时也请假，轮到%s代。", deputy.Name, next.Name)
		} else {
			text += fmt.Sprintf("\n⚠️ %s 那时也请假，又没有人代，请换一位。", deputy.Name)
		}
	}
	s.say(text)
	return true, nil
}

// comeBack ends an absence: 「销假」, 「销假 王敏」.
func (s *session) comeBack(tx Tx, arg string) (bool, error) {
	who, err := s.absentee(tx, arg, "销假")
	if orders.ErrorCode(err) == orders.CodeNotFound {
		return false, nil // 销假单怎么填: read like any other sentence
	}
	if err != nil || who == nil {
		return true, err
	}
	n, err := tx.Return(who.Code, s.now)
	if err != nil {
		return true, err
	}
	if n == 0 {
		s.say(who.Name + " 没有登记请假。")
		return true, nil
	}
	s.say(fmt.Sprintf("已销假：%s 的审批由%s自己处理。", who.Name, who.Name))
	return true, s.note(tx, "销假", who.Name)
}

// absentee is whom a sentence about an absence is about: who writes it, or somebody for whom they may
// speak. That somebody without the right has tried is recorded; nil then.
func (s *session) absentee(tx Tx, name, action string) (*orders.Staff, error) {
	me := s.person.staff
	if name == "" || name == "我" {
		return me, nil
	}
	who, err := s.staffNamed(name)
	if err != nil {
		return nil, err
	}
	if who.Code != me.Code && who.Superior != me.Code && me.May(orders.RightLeave) != orders.ScopeAll {
		s.say(fmt.Sprintf("%s的%s要本人、上级、运营主管或管理员来登记，您没有这个权限，没有改动。", who.Name, action))
		return nil, s.note(tx, action+"被拒绝", who.Name)
	}
	return who, nil
}

// note records what is about no order.
func (s *session) note(tx Tx, action, after string) error {
	a := s.person.actor()
	return tx.Audit(orders.AuditEntry{At: s.now, Actor: a.Code, Channel: a.Channel, Action: action, After: after, Trace: s.in.Trace})
}
