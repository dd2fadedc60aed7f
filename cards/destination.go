package cards

import (
	"slices"
	"strings"
	"time"

	"orderbot/orders"
)

// destinations says where an order goes in the firm: 产线 三号线（规则「导管」） → 仓库 东仓（货齐，一个仓发完） → 物流 顺丰（规则「导管」); "" before it is
// confirmed and once its goods have left.
func destinations(o *orders.Order, catalog *orders.Catalog, now time.Time) string {
	if catalog == nil || !slices.Contains(orders.BeforeShipping, o.Status) {
		return ""
	}
	var out []string
	for _, d := range o.Destinations(catalog, o.Propose(catalog, now)) {
		to := d.To
		if d.Name == "物流" {
			to = carrier(to)
		}
		switch {
		case to == "" && d.Name == "产线":
			out = append(out, "产线 待计划员排")
		case to == "": // there is one warehouse only
		case d.Why == "":
			out = append(out, d.Name+" "+to)
		default:
			out = append(out, d.Name+" "+to+"（"+strings.TrimSpace(d.Why)+"）")
		}
	}
	return strings.Join(out, " → ")
}
