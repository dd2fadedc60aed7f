package orders

// Accuracy is the order accuracy rate (订单准确率, OAR) of the orders that were signed for in a time. docs/figures.md has the definition.
type Accuracy struct {
	Orders int // signed for
	Right  int // of them, without any of the following
	// How many were wrong by their information (客户, 物料, 数量, 价格), in what was sent (SKU, 批次, 序列号), in how it was delivered (时间, 地点,
	// 承运商). An order may be wrong in several.
	Information, Execution, Delivery int
}

// Add counts an order that was signed for: how often it was changed after it had been confirmed, how it arrived, and the causes of its
// returns and corrections that were neither refused nor withdrawn. One wrong part makes the order wrong.
func (a *Accuracy) Add(changed int, arrival *Arrival, causes []Cause) {
	information, execution, delivery := changed > 0, false, arrival != nil && !arrival.Kept()
	for _, c := range causes {
		switch c {
		case CausePrice:
			information = true
		case CauseModel, CauseKit:
			execution = true
		case CauseQuality, CauseOther: // the goods', or nobody knows
		}
	}
	a.Orders++
	if !information && !execution && !delivery {
		a.Right++
	}
	for wrong, n := range map[*int]bool{&a.Information: information, &a.Execution: execution, &a.Delivery: delivery} {
		if n {
			*wrong++
		}
	}
}

// Rate is the share of n among the orders, 1 where there are none.
func (a *Accuracy) Rate(n int) float64 {
	if a.Orders == 0 {
		return 1
	}
	return float64(n) / float64(a.Orders)
}
