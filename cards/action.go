package cards

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strconv"
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

	Swap Verb = "swap" // a line lacks stock: line Node becomes the product Arg

	PickList Verb = "pick_list" // 拣货单

	ApplyChange Verb = "change"      // 确认变更; Node is the change's number, as of the next and of an Ack of one
	DropChange  Verb = "drop_change" // 不改了

	ShipTogether Verb = "together" // 一起发 of the orders of Arg, parted by blanks
	ShipApart    Verb = "apart"    // 不用

	ShowBasis Verb = "basis" // 依据: where each field was read

	// GreenToggle shows the card of a green channel with the switches of Arg, and OpenGreen opens it with them; Node is the number of
	// the channel that there was.
	GreenToggle Verb = "green"
	OpenGreen   Verb = "green_open"

	// UseRules puts the rules of number Version in force, Node being how many changes there had been when it was shown; Arg may be
	// [RulesBack].
	UseRules Verb = "rules"

	RunImport     Verb = "import"         // 导入 of the table of number Version, as all that follow
	DropImport    Verb = "import_drop"    // 放弃
	PreviewImport Verb = "import_preview" // 是资料: what it would do is to be shown
	ReadTable     Verb = "import_read"    // 是订单

	RunMove  Verb = "move"      // a change of stock of number Version is made
	DropMove Verb = "move_drop" // or not

	TieLink    Verb = "link"        // the link of number Version is confirmed
	RefuseLink Verb = "link_refuse" // or not

	TakeException Verb = "exception_take" // 我来处理; Node is its number, as of the next two

	AcceptEarly Verb = "early"        // 同意备货
	RefuseEarly Verb = "early_refuse" // 不用备货

	ReleaseReport Verb = "report_release" // 放行 of the report of number Node, whose version is Version
)

// RulesBack says that a change of the rules is taken back.
const RulesBack = "back"

// Action is what a pressed button asks for. Version is the order's revision that the card showed:
// a card of another revision is stale.
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

// macSize is the length of a signature in bytes. An action can only be tried by a click that the
// chat platform delivers, so that 80 bits are beyond guessing. The whole text has to be short: six
// buttons, each naming its action twice, share 1 KB of a DingTalk card.
const macSize = 10

// compact are the verbs that fit into one byte, their position plus one. Only ever append.
var compact = []Verb{Confirm, Amend, Cancel, Choose, Approve, Reject, More, Ack, ShowBasis, GreenToggle, OpenGreen, Swap, ApplyChange, DropChange, SetCause, SignReturn, DropReturn, PassReturn, RefuseReturn, TakeReturn, TakeException, AcceptEarly, RefuseEarly}

// Sign returns the action as an opaque text of letters, digits, "-" and "_".
func (s *Signer) Sign(a Action) string {
	body := pack(a)
	return base64.RawURLEncoding.EncodeToString(append(body, s.mac(body)...))
}

// Open checks the signature and returns the action. A forged or broken text is a CodeDenied error.
func (s *Signer) Open(token string) (Action, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err == nil && len(raw) > macSize {
		body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
		if hmac.Equal(mac, s.mac(body)) {
			if a, ok := unpack(body); ok {
				return a, nil
			}
		}
	}
	return Action{}, orders.Errorf(orders.CodeDenied, "这个按钮无效，没有改动任何订单")
}

func (s *Signer) mac(body []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write(body)
	return h.Sum(nil)[:macSize]
}

// pack writes an action as bytes: verb, number of the order, version and node as varints, then Arg.
// What doesn't fit that form is a zero byte and JSON.
func pack(a Action) []byte {
	verb := slices.Index(compact, a.Verb) + 1
	number, err := strconv.ParseUint(strings.TrimPrefix(string(a.Order), "SO"), 10, 64)
	if verb == 0 || err != nil || a.Order != orderID(number) || a.Version < 0 || a.Node < 0 {
		raw, err := json.Marshal(a)
		if err != nil { // strings and numbers always marshal
			return []byte{0}
		}
		return append([]byte{0}, raw...)
	}
	b := binary.AppendUvarint([]byte{byte(verb)}, number) //nolint:gosec // an index of a short list
	b = binary.AppendUvarint(b, uint64(a.Version))
	b = binary.AppendUvarint(b, uint64(a.Node))
	return append(b, a.Arg...)
}

// unpack is the reverse of pack.
func unpack(b []byte) (Action, bool) {
	if b[0] == 0 {
		var a Action
		return a, json.Unmarshal(b[1:], &a) == nil
	}
	if int(b[0]) > len(compact) {
		return Action{}, false
	}
	a := Action{Verb: compact[b[0]-1]}
	var numbers [3]uint64
	b = b[1:]
	for i := range numbers {
		v, n := binary.Uvarint(b)
		if n <= 0 || i > 0 && v > math.MaxInt32 {
			return Action{}, false
		}
		numbers[i], b = v, b[n:]
	}
	a.Order, a.Arg = orderID(numbers[0]), string(b)
	a.Version, a.Node = int(numbers[1]), int(numbers[2]) //nolint:gosec // checked above
	return a, true
}

func orderID(number uint64) orders.OrderID {
	return orders.OrderID("SO" + strconv.FormatUint(number, 10))
}
