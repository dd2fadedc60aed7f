// Package ordertest helps to test what works with orders: builders for orders and customers, a
// database of a test's own, and the suite that every store must pass.
package ordertest

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Start is the time at which tests begin: a Wednesday morning in Beijing.
var Start = time.Date(2026, 3, 11, 2, 0, 0, 0, time.UTC)

// Decimal parses a number that the test is sure of.
func Decimal(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// Order builds a draft of [Start] with a line for each product, of so many base units each.
func Order(id orders.OrderID, customer orders.CustomerCode, base int64, products ...orders.ProductCode) *orders.Order {
	o := &orders.Order{
		ID: id, Revision: 1, Customer: customer, CustomerName: "澜州市第一人民医院", Sales: "S001", Status: orders.StatusDraft,
		Source:    orders.Source{Chat: orders.Chat{Platform: orders.WeCom, ID: "zhouting"}, Sender: "zhouting", Key: "m-" + string(id), Name: "企业微信"},
		CreatedAt: Start, ExpiresAt: Start.Add(24 * time.Hour), Reached: map[orders.Status]time.Time{orders.StatusDraft: Start},
	}
	for i, p := range products {
		l := orders.Line{
			No: i + 1, Product: p, Name: "医用口罩" + string(p), Spec: "50只/盒", Quantity: decimal.NewFromInt(base), Unit: "盒",
			Base: decimal.NewFromInt(base), BaseUnit: "盒", Price: Decimal("8.5"), ListPrice: Decimal("8.5"), PriceRule: "目录价",
			Amount: orders.Money(850 * base),
		}
		o.Total += l.Amount
		o.Lines = append(o.Lines, l)
	}
	return o
}

// Text builds an inbound text of a WeCom chat.
func Text(chat, key, text string, at time.Time) orders.Inbound {
	return orders.Inbound{
		Platform: orders.WeCom, Key: key, Chat: orders.Chat{Platform: orders.WeCom, ID: chat}, Sender: chat, Kind: orders.InboundText,
		Text: text, SentAt: at, ReceivedAt: at, Trace: "trace-" + key,
	}
}

// Click builds an inbound press of a card's button.
func Click(chat, key, action string, at time.Time) orders.Inbound {
	in := Text(chat, key, "", at)
	in.Kind, in.Action = orders.InboundClick, action
	return in
}

// Delivery builds a delivery to a WeCom chat.
func Delivery(chat, key string, at time.Time) orders.Delivery {
	return orders.Delivery{
		Key: key, Chat: orders.Chat{Platform: orders.WeCom, ID: chat}, Kind: "text",
		Body: fmt.Appendf(nil, `{"text":%q}`, key), NotAt: at, Created: at,
	}
}
