package bot

import (
	"context"
	"fmt"
	"slices"

	"orderbot/cards"
	"orderbot/orders"
)

// The commands that report how far an order is.
const (
	cmdSchedule = verb(orders.ActSchedule)
	cmdStart    = verb(orders.ActStart)
	cmdInspect  = verb(orders.ActInspect)
	cmdStocked  = verb(orders.ActStock)
	cmdPick     = verb(orders.ActPick)
	cmdWhere    = verb("where")   // 位置
	cmdCheck    = verb("check")   // 复核
	cmdTouches  = verb("touches") // 触点
	cmdWave     = verb("wave")    // 波次
	cmdInstall  = verb("install") // 安装
)

// advance takes orders to the next of their nodes: 排产 SO… 三号线, 开工, 质检, 入库 SO… B-12 架, 拣货.
func (s *session) advance(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.Advance(tx, id, orders.Act(cmd.verb), cmd.arg, s.person.actor())
		if err != nil {
			return err
		}
		where := "位置未上报"
		if cmd.arg != "" {
			where = "位置：" + cmd.arg
		}
		s.say(fmt.Sprintf("已登记 %s：%s，%s。", o.ID, o.Status, where))
	}
	return nil
}

// locate notes where exactly an order is: 位置 SO… 三号线 注塑.
func (s *session) locate(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.Locate(tx, id, cmd.arg, s.person.actor())
		if err != nil {
			return err
		}
		s.say(fmt.Sprintf("已登记 %s 的位置（%s）：%s。", o.ID, o.Status, cmd.arg))
	}
	return nil
}

// touches shows the 17 touch points of orders: 触点 SO….
func (s *session) touches(ctx context.Context, tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		trail, err := s.clerk.Query.Trail(ctx, id)
		if err != nil {
			return err
		}
		s.send(cards.Touches(o, trail, s.books.Catalog), "reply", id)
	}
	return nil
}

// waveMost is how many orders one wave has at most.
const waveMost = 30

// wave takes what may leave into one wave and sends its combined pick list: 波次.
func (s *session) wave(ctx context.Context, tx Tx) error {
	if err := s.alone("波次拣货单"); err != nil {
		return err
	}
	open, err := s.clerk.Query.OpenOrders(ctx, "", 500, orders.StatusAllocated, orders.StatusStocked)
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(o *orders.Order) bool { return !o.JoinsWave() })
	slices.SortFunc(open, orders.Sooner)
	var ids []orders.OrderID
	for _, o := range open[:min(len(open), waveMost)] {
		ids = append(ids, o.ID)
	}
	number, list, picks, err := s.clerk.Desk.Wave(tx, ids, s.person.actor())
	if err != nil {
		return err
	}
	s.send(cards.Waved(number, list), "reply", "")
	for _, file := range cards.WaveLists(number, list, picks, s.books.Catalog, s.now) {
		s.send(cards.Message{File: file}, "order.pick_list", "")
	}
	return nil
}

// install notes when a customer wants what was delivered to be installed: 安装 SO… 3月20日下午.
func (s *session) install(tx Tx, cmd command) error {
	for _, id := range cmd.orders {
		if _, err := s.order(tx, id); err != nil {
			return err
		}
		o, err := s.clerk.Desk.AskInstallation(tx, id, cmd.arg, s.person.actor())
		if err != nil {
			return err
		}
		s.say(fmt.Sprintf("好的，%s 的安装时间记下了：%s。安装人员会和您联系确认。", o.ID, o.Work.Install))
	}
	return nil
}
