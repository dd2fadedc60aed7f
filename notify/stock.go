package notify

import (
	"fmt"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
)

// ofNoOrder does what an event asks for that is about no order; nil: it is about one.
func (n *news) ofNoOrder() func() error {
	switch n.e.Kind {
	case orders.EventFreed, orders.EventLow:
		return n.stock
	case orders.EventLink, orders.EventLinkSettled:
		return n.link
	case orders.EventSurgery:
		if n.e.Order == "" {
			return n.surgery
		}
		return nil
	case orders.EventWeather:
		if n.e.Order == "" {
			return func() error { return n.d.o.Desk.SpreadWeather(n.tx, n.e) }
		}
		return nil
	default:
		return nil
	}
}

// stock does what follows from stock that changed: who waits for what is free gets it, and what came below its safety stock is
// replenished, from other warehouses that can spare some and by purchasing.
func (n *news) stock() error {
	rows := strings.Split(n.e.Data["stock"], "\n")
	if n.e.Kind == orders.EventFreed {
		products := make([]orders.ProductCode, len(rows))
		for i, r := range rows {
			products[i] = orders.ProductCode(r)
		}
		_, err := n.d.o.Desk.Serve(n.tx, orders.SystemActor, products...)
		return err
	}
	var items []cards.StockItem
	var warehouses []string
	for _, row := range rows {
		code, warehouse, _ := strings.Cut(row, "\t")
		p := n.cat.Product(orders.ProductCode(code))
		if p == nil {
			continue
		}
		all, err := n.tx.Supply(p.Code)
		if err != nil {
			return err
		}
		supply := all[p.Code]
		if last := len(items) - 1; last >= 0 && items[last].Product == p { // the rows are sorted
			warehouses[last] += "、" + warehouse
		} else {
			items, warehouses = append(items, cards.StockItem{Product: p, Supply: supply}), append(warehouses, warehouse)
		}
		for _, m := range supply.Transfers(warehouse) {
			m.Key = fmt.Sprintf("event:%d:%s:%s:%s", n.e.ID, code, warehouse, m.From)
			m.State, m.By, m.At = orders.MoveProposed, orders.SystemActor.Name, n.now
			stored, _, err := n.tx.AddMove(m)
			if err != nil {
				return err
			}
			for _, s := range n.cat.StaffWith(orders.RoleWarehouseLead) {
				if chat, ok := reach(s, n.d.o.Platforms, staffPlatforms...); ok {
					n.put(chat, fmt.Sprintf("%s:%d", s.Code, stored.ID), KindMove, cards.MoveCard(n.d.o.Signer, stored, p))
				}
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	m := cards.Low(items, warehouses)
	reached := false
	for _, s := range n.cat.StaffWith(orders.RolePurchasing) {
		reached = n.tell(s, KindLow, m, staffPlatforms...) || reached
	}
	if !reached {
		n.toOverseers(KindLow, m)
	}
	return nil
}
