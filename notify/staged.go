package notify

import (
	"orderbot/cards"
	"orderbot/orders"
)

// staged tells of the stages of an order: of each to the salesperson, the warehouse and finance; of payments to who sees amounts, and to
// the warehouse where they let goods leave.
func (n *news) staged() error {
	require := n.d.o.Desk.RequirePayment
	full, isNews := cards.StageNews(n.o, n.e, true, require)
	if !isNews {
		return nil
	}
	what := n.e.Data["what"]
	if n.e.Actor != string(n.o.Sales) { // who said so has the clerk's answer
		n.toSales(KindStage, full)
	}
	if what != "paid" && what != "cut" || n.e.Data["freight"] != "" { // money that is given back is theirs
		n.tellRole(KindStage, full, orders.RoleFinance)
	}
	if goods, ok := cards.StageNews(n.o, n.e, false, require); ok {
		for _, role := range []orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead} {
			if len(n.cat.StaffWith(role)) > 0 {
				n.tellRole(KindStage, goods, role)
				break
			}
		}
	}
	if what != "cut" {
		return nil
	}
	if n.e.Actor != string(n.o.Customer) {
		if err := n.tellCustomer(KindCustomer); err != nil {
			return err
		}
	}
	return n.unplan()
}
