package wechat

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"orderbot/cards"
	"orderbot/notify/httpx"
	"orderbot/orders"
)

// templates remembers the fields of the account's templates.
type templates struct {
	mu     sync.Mutex
	fields map[string][]string
}

// statusWords say what a kind of delivery is about, in the five characters of a phrase field.
var statusWords = map[string]string{"confirmed": "已确认", "shipped": "已发货", "delivered": "已签收", "delayed": "有延误", "arrived": "已到货", "report": "已发布"}

// classic are the fields of a template that we can't read: those of the older templates, and no harm
// to any other.
var classic = []string{"first", "keyword1", "keyword2", "keyword3", "remark"}

var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// templateMessage is message/template/send. The SDK's own always sends an empty mini-program.
type templateMessage struct {
	ToUser     string                               `json:"touser"`
	TemplateID string                               `json:"template_id"`
	URL        string                               `json:"url,omitempty"`
	Data       map[string]*message.TemplateDataItem `json:"data"`
	ID         string                               `json:"client_msg_id"` // a repeat with it is swallowed for some 10 minutes
}

// noticeMessage is message/subscribe/bizsend.
type noticeMessage struct {
	ToUser     string                               `json:"touser"`
	TemplateID string                               `json:"template_id"`
	Page       string                               `json:"page,omitempty"`
	Data       map[string]*message.TemplateDataItem `json:"data"`
}

// template sends a template message, or a subscription notice where the id is one of those.
func (a *Account) template(ctx context.Context, d orders.Delivery, m *cards.Message, id string) (json.RawMessage, error) {
	names := a.fieldsOf(ctx, id)
	if len(names) == 0 {
		return nil, rejected("template message: %w", errNoFields)
	}
	data := make(map[string]*message.TemplateDataItem, len(names))
	for _, name := range names {
		data[name] = &message.TemplateDataItem{Value: value(name, &d, m.Text, a.o.Now())}
	}
	link := linkOf(m)
	var out struct {
		ID json.Number `json:"msgid"`
	}
	err := a.api.Call(ctx, "/cgi-bin/message/template/send", templateMessage{
		ToUser: d.Chat.ID, TemplateID: id, URL: link, Data: data, ID: messageID(d.Key),
	}, &out)
	if httpx.CodeOf(err) == "40037" { // not a template message's id
		err = a.api.Call(ctx, "/cgi-bin/message/subscribe/bizsend", noticeMessage{
			ToUser: d.Chat.ID, TemplateID: id, Page: link, Data: data,
		}, nil)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"msgid": out.ID.String()})
}

var fieldPattern = regexp.MustCompile(`\{\{\s*(\w+)\.DATA\s*\}\}`)

// fieldsOf returns the names of a template's fields, as the account's list of templates has them.
func (a *Account) fieldsOf(ctx context.Context, id string) []string {
	a.templates.mu.Lock()
	names, known := a.templates.fields[id]
	a.templates.mu.Unlock()
	if known {
		return names
	}
	var out struct {
		List []message.TemplateItem `json:"template_list"`
	}
	if err := a.api.Get(ctx, "/cgi-bin/template/get_all_private_template", nil, &out); err != nil {
		a.log.Warn("templates can't be read", "platform", "service_account", "error", err)
		return classic
	}
	a.templates.mu.Lock()
	defer a.templates.mu.Unlock()
	a.templates.fields = map[string][]string{id: classic}
	for _, t := range out.List {
		var names []string
		for _, f := range fieldPattern.FindAllStringSubmatch(t.Content, -1) {
			names = append(names, f[1])
		}
		a.templates.fields[t.TemplateID] = names
	}
	return a.templates.fields[id]
}

// value fills a field by its type, which is its name without the number: the order's number, what
// became of it, when, or the message's first line.
func value(name string, d *orders.Delivery, text string, now time.Time) string {
	order := string(d.Order)
	if order == "" {
		order = "-"
	}
	status := statusWords[d.Kind]
	if status == "" {
		status = "有进展"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	when := now.In(beijing).Format("2006-01-02 15:04")
	switch strings.TrimRight(name, "0123456789") {
	case "character_string", "number", "letter":
		return cut(order, 32)
	case "phrase", "name":
		return status
	case "time", "date":
		return when
	case "keyword":
		switch name {
		case "keyword1":
			return order
		case "keyword2":
			return status
		default:
			return when
		}
	case "first":
		return first
	case "remark":
		return cut(text, 200)
	default: // thing and the like
		return cut(first, 20)
	}
}

// cut keeps the first n characters; what is missing is shown by the last one.
func cut(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}

var linkPattern = regexp.MustCompile(`https?://[^\s"<>，。；）]+`)

// linkOf returns the page that a message leads to.
func linkOf(m *cards.Message) string {
	if m.Card != nil && m.Card.Link != nil {
		return m.Card.Link.URL
	}
	return linkPattern.FindString(m.Text)
}
