package bot

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
)

// KindGreenCard is the card with the five switches of a green channel.
const KindGreenCard = "green.card"

// The words for what a green channel is to do and how long.
var (
	greenAll      = regexp.MustCompile(`全开|全部(?:打开|开通|开启)?|五项(?:都|全)?开?`)
	greenSwitches = []struct {
		words *regexp.Regexp
		set   func(*orders.GreenSwitches)
	}{
		{regexp.MustCompile(`(?:紧急等级|紧急级别)?[:是为]?\s*(?:特急|特级|最高级?)`), func(s *orders.GreenSwitches) { s.Urgency = 2 }},
		{regexp.MustCompile(`(?:紧急等级|紧急级别)?[:是为]?\s*加急`), func(s *orders.GreenSwitches) { s.Urgency = max(s.Urgency, 1) }},
		{greenCredit, func(s *orders.GreenSwitches) { s.SkipCredit = true }},
		{regexp.MustCompile(`(?:启用|动用|使用|可用|用)?安全库存`), func(s *orders.GreenSwitches) { s.Safety = true }},
		{regexp.MustCompile(`直(?:达|接|通)(?:安排)?(?:生产|排产|产线)(?:看板)?`), func(s *orders.GreenSwitches) { s.Production = true }},
		{regexp.MustCompile(`(?:报关)?预申报|提前报关`), func(s *orders.GreenSwitches) { s.Customs = true }},
	}
	greenCredit = regexp.MustCompile(`(?:跳过|免|不用|不做|不查|略过)(?:财务)?(?:的)?信用(?:复核|审核|核查)?|信用(?:复核|审核|核查)?(?:跳过|略过|不用[做查]?|不做|不查)`)
	greenFine   = regexp.MustCompile(`[等来赶]不[及了上起]|不[够足]|特别|[级识分]别|无[菌锡纺]|免疫|没货`)
	greenNot    = regexp.MustCompile(`[不别除没无非勿未免禁]|跳过|略过|去掉|拿掉|关[闭掉了]|取消|停[用掉]|暂缓|排除|以外|之外`)
	greenClose  = regexp.MustCompile(`^(?:关闭|关掉|关了|关|取消|结束|停掉|停)$`)
	greenUsage  = "请写明开哪几项，例如「绿色通道 %s 特急 跳过信用复核 启用安全库存 直达生产 报关预申报 48小时 医院急救」；只发「绿色通道 %s」会给您一张可以点的卡片。没有改动"
)

// parseGreen reads what a green channel is to be: switches, time, reason. closes tells that it is to be closed.
func parseGreen(arg string, now time.Time) (g orders.Green, closes bool, err error) {
	arg = strings.Trim(arg, edges)
	first, rest, _ := strings.Cut(arg, " ")
	if greenClose.MatchString(first) {
		return orders.Green{Reason: strings.Trim(rest, edges)}, true, nil
	}
	if not := greenNot.FindString(greenFine.ReplaceAllString(greenCredit.ReplaceAllString(arg, " "), " ")); not != "" {
		return g, false, orders.Errorf(orders.CodeInvalid, "只写要开的几项就行，不开的不用写；原因里也请换个说法，有「%s」怕开错。没有改动", not)
	}
	if greenAll.MatchString(arg) {
		g.GreenSwitches = orders.GreenSwitches{Urgency: 2, SkipCredit: true, Safety: true, Production: true, Customs: true}
		arg = greenAll.ReplaceAllString(arg, " ")
	}
	for _, s := range greenSwitches {
		if s.words.MatchString(arg) {
			s.set(&g.GreenSwitches)
			arg = s.words.ReplaceAllString(arg, " ")
		}
	}
	if arg, err = greenTimes(&g, arg, now); err != nil {
		return g, false, err
	}
	arg = strings.Join(strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(" 、,，;；+/", r) }), " ")
	g.Reason = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(arg, "原因"), "因为"), edges)
	return g, false, nil
}

// green opens or closes the green channel of orders by words, or offers the card with its switches: 「绿色通道 SO… 特急 48小时」.
func (s *session) green(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if refused, err := s.mayNotGreen(tx, id, strings.TrimSpace("绿色通道 "+cmd.arg)); refused || err != nil {
			return err
		}
		if cmd.verb == cmdGreen && cmd.arg == "" {
			var set orders.GreenSwitches
			if g := o.Green; g != nil && g.State != orders.GreenClosed {
				set = g.GreenSwitches
			}
			s.send(cards.GreenCard(s.clerk.Signer, o, set), KindGreenCard, o.ID)
			continue
		}
		g, closes := orders.Green{Reason: cmd.arg}, true
		if cmd.verb == cmdGreen {
			if g, closes, err = parseGreen(cmd.arg, s.now.In(s.clerk.Location)); err != nil {
				return err
			}
		}
		if closes {
			if _, err := s.clerk.Desk.CloseGreen(tx, id, -1, g.Reason, s.person.actor()); err != nil {
				return err
			}
			s.say(fmt.Sprintf("已关闭 %s 的绿色通道，后面照平常的走。已经跳过和占下的不变。", id))
			continue
		}
		if g.Words() == "" {
			return orders.Errorf(orders.CodeInvalid, greenUsage, id, id)
		}
		if err := s.openGreen(tx, id, -1, g); err != nil {
			return err
		}
	}
	return nil
}

// mayNotGreen refuses who may not open green channels; that they tried is recorded.
func (s *session) mayNotGreen(tx Tx, id orders.OrderID, tried string) (refused bool, err error) {
	sentence, refused := orders.ErrorMessage(s.person.actor().MayGreen())
	if !refused {
		return false, nil
	}
	s.say(sentence)
	return true, tx.Audit(orders.AuditEntry{
		Order: id, At: s.now, Actor: s.person.actor().Code, Channel: s.person.actor().Channel, Action: "绿色通道被拒绝", Reason: tried, Trace: s.in.Trace,
	})
}

func (s *session) openGreen(tx Tx, id orders.OrderID, serial int, g orders.Green) error {
	o, err := s.clerk.Desk.OpenGreen(tx, id, serial, g, s.person.actor())
	if err != nil {
		return err
	}
	const minute = "1月2日 15:04"
	text := fmt.Sprintf("已开通 %s 的绿色通道：%s。", id, g.Words())
	if o.Green.State == orders.GreenWaiting {
		text += o.Green.From.In(s.clerk.Location).Format(minute) + " 开始，"
	}
	text += fmt.Sprintf("到 %s 自动结束，提前结束请发「关闭绿色通道 %s」。", o.Green.Until.In(s.clerk.Location).Format(minute), id)
	if o.Green.Reason != "" {
		text += "原因：" + o.Green.Reason + "。"
	}
	if next := o.Awaits(); next != "" {
		text += "现在等" + next + "审批。"
		if g.SkipCredit && o.OpenNode().Role == orders.RoleFinance {
			text += "这一步不是日常的信用复核（超额度、逾期或特批），不能跳过。"
		}
	}
	s.say(text)
	return nil
}

// pressGreen does what a button of the card with the switches asks for.
func (s *session) pressGreen(tx Tx, a cards.Action) error {
	o, err := s.order(tx, a.Order)
	if err != nil {
		return err
	}
	if refused, err := s.mayNotGreen(tx, a.Order, "绿色通道"); refused || err != nil {
		return err
	}
	if o.Revision != a.Version || o.GreenSerial() != a.Node {
		return orders.Errorf(orders.CodeConflict, "这张卡片是旧的，订单 %s 或它的绿色通道后来变过，没有改动。发「绿色通道 %s」看现在的", o.ID, o.ID)
	}
	if a.Verb == cards.GreenToggle {
		return nil // the card shows it, see [session.settled]
	}
	return s.openGreen(tx, a.Order, a.Node, orders.Green{GreenSwitches: cards.GreenSwitches(a.Arg), From: s.now, Until: s.now.Add(orders.GreenUsual)})
}

// settledGreen draws the card with the switches anew; nil leaves it as it is.
func (s *session) settledGreen(o *orders.Order, a cards.Action) *cards.Card {
	switch {
	case s.person.actor().MayGreen() != nil:
		return nil
	case o.Revision != a.Version || o.GreenSerial() != a.Node:
		return cards.GreenSettled(o).Card
	case a.Verb == cards.GreenToggle:
		return cards.GreenCard(s.clerk.Signer, o, cards.GreenSwitches(a.Arg)).Card
	default:
		return nil
	}
}
