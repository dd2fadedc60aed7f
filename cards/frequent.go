package cards

import (
	"fmt"
	"strings"

	"orderbot/orders"
)

// Habit is a product that a customer orders again and again.
type Habit struct {
	Product *orders.Product
	Orders  int      // how many past orders hold it
	Usual   string   // the amount ordered most often: 20箱
	Last    string   // the day of the newest, 2026-02-09
	Names   []string // what the customer calls it, besides its name
}

// Frequent answers 「常购 客户」: what a customer orders most, in which amounts, and by which names.
func Frequent(c *orders.Customer, habits []Habit) Message {
	if len(habits) == 0 {
		return Message{Text: c.Name + " 还没有以往的订单。以前的订单可以请管理员导入"}
	}
	blocks := make([]string, len(habits))
	for i, h := range habits {
		blocks[i] = fmt.Sprintf("%d. %s %s\n　%d 次，常要 %s，最近 %s", i+1, h.Product.Code, h.Product.Title(), h.Orders, h.Usual, h.Last)
		if len(h.Names) > 0 {
			blocks[i] += "\n　也叫：" + clip(strings.Join(h.Names, "、"), 60)
		}
	}
	tail := func(left int) string {
		if left > 0 {
			return fmt.Sprintf("还有 %d 种没有列出", left)
		}
		return ""
	}
	head := func(int) string { return fmt.Sprintf("%s 常购 %d 种：", c.Name, len(habits)) }
	return Message{Text: fill(TextLimit, blocks, 1, head, tail)[0]}
}
