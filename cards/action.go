package cards

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"orderbot/orders"
)

// Verb is what a button does.
type Verb string

// The verbs of buttons.
const (
	Confirm Verb = "confirm" // 确认下单
	Amend   Verb = "amend"   // 修改
	Cancel  Verb = "cancel"  // 取消
	Choose  Verb = "choose"  // an answer to the open question; Arg is the option
	Approve Verb = "approve" // 同意
	Reject  Verb = "reject"  // 驳回
	More    Verb = "more"    // 更多
	Ack     Verb = "ack"     // 收到
)

// Action is what a pressed button asks for. Version is the order's version that the card showed:
// a card of another version is stale.
type Action struct {
	Verb    Verb           `json:"v"`
	Order   orders.OrderID `json:"o"`
	Version int            `json:"n,omitempty"`
	Node    int            `json:"s,omitempty"` // of an approval: the node's number
	Arg     string         `json:"a,omitempty"`
}

// Signer signs actions, so that what comes back is what we sent out. Every replica has the same
// key.
type Signer struct{ key []byte }

// NewSigner returns a signer with the given key.
func NewSigner(key []byte) *Signer { return &Signer{key: key} }

// Sign returns the action as an opaque text of letters, digits, "-", "_" and ".".
func (s *Signer) Sign(a Action) string {
	raw, err := json.Marshal(a)
	if err != nil { // strings and numbers always marshal
		return ""
	}
	body := base64.RawURLEncoding.EncodeToString(raw)
	return body + "." + s.mac(body)
}

// Open checks the signature and returns the action. A forged or broken text is a CodeDenied error.
func (s *Signer) Open(token string) (Action, error) {
	var a Action
	body, mac, ok := strings.Cut(token, ".")
	if !ok || !hmac.Equal([]byte(mac), []byte(s.mac(body))) {
		return a, orders.Errorf(orders.CodeDenied, "这个按钮无效,没有改动任何订单")
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		return Action{}, orders.Errorf(orders.CodeDenied, "这个按钮无效,没有改动任何订单")
	}
	return a, nil
}

func (s *Signer) mac(body string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
