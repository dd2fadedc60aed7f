package cards

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"orderbot/orders"
)

// EarlyCard proposes to operations to keep stock of a product for a customer who keeps ordering it urgently.
func EarlyCard(s *Signer, o *orders.Order, x *orders.Exception, p *orders.Product, ids, warehouse string, keep orders.Quantity) Message {
	c := earlyCard(o, x, p)
	c.Fields = append([]Field{{"建议", fmt.Sprintf("%s预留 %s%s（在库的 20%%），并请采购通知供应商备货", warehouse, keep, p.Unit)}}, c.Fields...)
	c.Fields = append(c.Fields, Field{"连续加急", strings.Join(strings.Fields(ids), "、")})
	c.Question = "要提前备货吗？"
	for _, b := range []struct {
		text  string
		style Style
		verb  Verb
	}{{"同意备货", Primary, AcceptEarly}, {"不用备货", Normal, RefuseEarly}} {
		c.Buttons = append(c.Buttons, Button{
			Text: b.text, Style: b.style, Say: fmt.Sprintf("%s %d", b.text, x.ID), Action: s.Sign(Action{Verb: b.verb, Order: o.ID, Node: int(x.ID)}),
		})
	}
	return Message{Text: Text(c), Card: c}
}

func earlyCard(o *orders.Order, x *orders.Exception, p *orders.Product) *Card {
	return &Card{
		Title:  fmt.Sprintf("备货建议 %d：%s", x.ID, p.Title()),
		Fields: []Field{{"客户", customerName(o, nil)}, {"产品", string(p.Code) + " " + p.Title()}},
	}
}

// EarlySettled is what the card becomes once it is decided.
func EarlySettled(o *orders.Order, x *orders.Exception, p *orders.Product) Message {
	c := earlyCard(o, x, p)
	c.Settled = "已定 " + join("：", x.Name, x.Note)
	return Message{Text: Text(c), Card: c}
}

// AboutEarly tells whether a stored message is the card of a proposal.
func AboutEarly(body json.RawMessage, id int64) bool {
	return strings.Contains(string(body), fmt.Sprintf("备货建议 %d：", id))
}

// EarlySupplier asks purchasing to let the supplier of a product know.
func EarlySupplier(o *orders.Order, x *orders.Exception, p *orders.Product) Message {
	return Message{Text: fmt.Sprintf("请通知供应商按新的安全库存备货：%s %s\n%s连续三单都是加急，%s定了%s%s\n下了采购请回复「预计到货 %s 数量 日期」",
		p.Code, p.Title(), customerName(o, nil), x.Name, x.Note, p.Unit, p.Code)}
}

// Silent tells a salesperson that a customer who usually orders every week has not.
func Silent(c *orders.Customer, last time.Time, missed int, now time.Time) Message {
	text := fmt.Sprintf("%s 平时每周都下单，上次是 %s，已经 %d 天没有了", c.Name, last.In(beijing).Format("1月2日"), int(now.Sub(last).Hours()/24))
	if missed > 1 {
		text += fmt.Sprintf("（第 %d 周）", missed)
	}
	return Message{Text: join("\n", text+"。要不要问一下？", join(" ", c.Contact, c.Phone), "发「常购 "+c.Name+"」看平时买什么")}
}
