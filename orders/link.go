package orders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AccountKind tells where a customer's account is.
type AccountKind string

// The kinds of accounts. Those of the chat platforms have the platform's name.
const (
	AccountCustomer AccountKind = "customer"                  // another record of the master data: of a shop, of the phone list
	AccountService              = AccountKind(ServiceAccount) // 服务号: openid
	AccountKF                   = AccountKind(KF)             // 微信客服 and 企业微信外部联系人: external_userid, which is the same in both
	AccountPhone    AccountKind = "phone"
	AccountShop     AccountKind = "shop" // 天猫 user
)

// String returns the Chinese word.
func (k AccountKind) String() string {
	return map[AccountKind]string{
		AccountCustomer: "客户", AccountService: "服务号", AccountKF: "微信客服", AccountPhone: "电话", AccountShop: "店铺",
	}[k]
}

// CustomerAccount is one of the accounts by which a customer is known.
type CustomerAccount struct {
	Kind AccountKind
	ID   string
}

// chat is the platform on which the account writes to us, "" for none.
func (a CustomerAccount) chat() Platform {
	switch a.Kind {
	case AccountKF, AccountService:
		return Platform(a.Kind)
	default:
		return ""
	}
}

// LinkState tells what has become of a link.
type LinkState string

// The states of a link.
const (
	LinkProposed  LinkState = "proposed"  // nothing follows from it
	LinkConfirmed LinkState = "confirmed" // the account is the customer's
	LinkRefused   LinkState = "refused"   // somebody else's: it is not proposed again
	LinkEnded     LinkState = "ended"     // it was confirmed, and was undone
)

// Link says that an account is a customer's (跨渠道客户身份). Only a confirmed one has effects: what is bound to the one may see the orders
// of the other. Of an account and a customer one link is open at most.
type Link struct {
	ID       int64
	Account  CustomerAccount
	Customer CustomerCode
	State    LinkState
	Why      string // what speaks for it, for the person who decides

	By, ByName string // who proposed it: a staff or customer code, or "system"
	At         time.Time
	// Who confirmed or refused it, and who ended it.
	DecidedBy, DecidedName string
	DecidedAt              time.Time
	EndedBy, EndedName     string
	EndedAt                time.Time
}

// LinkTx is what the desk needs of a transaction that is about links.
type LinkTx interface {
	// AddLink stores a new link and sets its ID. Where an open one of its account and customer is there, that one is returned and isNew
	// is false.
	AddLink(l Link) (stored *Link, isNew bool, err error)
	// Link loads a link under a lock (CodeNotFound); SaveLink stores it.
	Link(id int64) (*Link, error)
	SaveLink(l *Link) error
	// LinksWith returns the links of an account and a customer, ended ones too, oldest first.
	LinksWith(a CustomerAccount, customer CustomerCode) ([]*Link, error)
	// LinksOfAccount returns the links of an account, oldest first.
	LinksOfAccount(a CustomerAccount) ([]*Link, error)
	// BindingOf returns the customers that a person is; Bind ties them; Unbind withdraws a binding.
	BindingOf(p Platform, person string) ([]Binding, error)
	Bind(b Binding) error
	Unbind(id int64) error
	Audit(entries ...AuditEntry) error
	Emit(events ...Event) error
}

// proposalsOfAccount is how many customers are proposed for one account at most: who guesses phone numbers gets no further.
const proposalsOfAccount = 3

// ProposeLink proposes to an administrator that an account is a customer's. It says nothing where that was proposed before, whatever
// became of it.
func (d *Desk) ProposeLink(tx LinkTx, a CustomerAccount, customer CustomerCode, why string, by Actor) (*Link, error) {
	a, customer, err := d.pairOf(a, customer)
	if err != nil {
		return nil, err
	}
	before, err := tx.LinksWith(a, customer)
	if err != nil || len(before) > 0 {
		return nil, err
	}
	if a.Kind != AccountCustomer {
		all, err := tx.LinksOfAccount(a)
		if err != nil || len(all) >= proposalsOfAccount {
			return nil, err
		}
	}
	return d.propose(tx, Link{Account: a, Customer: customer, Why: why}, by)
}

func (d *Desk) propose(tx LinkTx, l Link, by Actor) (*Link, error) {
	l.State, l.By, l.ByName, l.At = LinkProposed, by.Code, by.Name, d.Now()
	stored, isNew, err := tx.AddLink(l)
	if err != nil || !isNew {
		return nil, err
	}
	return stored, tx.Emit(d.linkEvent(stored, EventLink, by))
}

func (d *Desk) linkEvent(l *Link, kind string, by Actor) Event {
	return Event{Kind: kind, At: d.Now(), Actor: by.Code, Data: map[string]string{"link": strconv.FormatInt(l.ID, 10)}, Trace: by.Trace}
}

// pairOf brings two records of one customer into one order: what is linked either way is the same link.
func (d *Desk) pairOf(a CustomerAccount, customer CustomerCode) (CustomerAccount, CustomerCode, error) {
	if a.Kind == AccountCustomer {
		if a.ID == string(customer) {
			return a, customer, Errorf(CodeInvalid, "%s 就是它自己，不用关联", customer)
		}
		if a.ID < string(customer) {
			a.ID, customer = string(customer), CustomerCode(a.ID)
		}
	}
	return a, customer, nil
}

// MayLink tells, as an error, whether somebody may tie accounts to customers.
func (a Actor) MayLink() error {
	if a.Staff.May(RightLink) != ScopeAll {
		return Errorf(CodeDenied, "客户账号的关联由管理员确认，您没有这个权限，没有改动")
	}
	return nil
}

// ConnectLink ties an account to a customer at the word of somebody who may; of others it is a proposal.
func (d *Desk) ConnectLink(tx LinkTx, a CustomerAccount, customer CustomerCode, by Actor) (*Link, error) {
	a, customer, err := d.pairOf(a, customer)
	if err != nil {
		return nil, err
	}
	before, err := tx.LinksWith(a, customer)
	if err != nil {
		return nil, err
	}
	var l *Link
	if i := slices.IndexFunc(before, func(l *Link) bool { return l.State != LinkEnded }); i >= 0 {
		l = before[i]
	}
	if by.MayLink() != nil {
		switch {
		case l == nil:
			return d.propose(tx, Link{Account: a, Customer: customer, Why: by.Name + "提出"}, by)
		case l.State == LinkRefused:
			return nil, Errorf(CodeConflict, "这个关联 %s 已定为不是同一客户（编号 %d），要改请找管理员", l.DecidedName, l.ID)
		}
		return l, nil
	}
	if l == nil {
		l, _, err = tx.AddLink(Link{Account: a, Customer: customer, State: LinkProposed, Why: by.Name + "指定", By: by.Code, ByName: by.Name, At: d.Now()})
		if err != nil {
			return nil, err
		}
	}
	if l, err = tx.Link(l.ID); err != nil {
		return nil, err
	}
	if l.State == LinkConfirmed {
		return nil, Errorf(CodeConflict, "已经关联过了（编号 %d），不用再操作", l.ID)
	}
	return l, d.decideLink(tx, l, true, by)
}

// SettleLink confirms or refuses a proposed link, once.
func (d *Desk) SettleLink(tx LinkTx, id int64, accept bool, by Actor) (*Link, error) {
	if err := by.MayLink(); err != nil {
		return nil, err
	}
	l, err := tx.Link(id)
	if err != nil {
		return nil, err
	}
	if l.State != LinkProposed {
		return l, Errorf(CodeConflict, "关联 %d %s，不用再操作", l.ID, l.Outcome())
	}
	return l, d.decideLink(tx, l, accept, by)
}

// Outcome says what has become of a link, and by whom.
func (l *Link) Outcome() string {
	switch l.State {
	case LinkConfirmed:
		return "已由 " + l.DecidedName + " 确认"
	case LinkRefused:
		return "已由 " + l.DecidedName + " 定为不是"
	case LinkEnded:
		return "已由 " + l.EndedName + " 解除"
	default:
		return "等管理员确认"
	}
}

// Pair names what a link ties: 服务号 oABC → C001.
func (l *Link) Pair() string {
	return fmt.Sprintf("%s %s → %s", l.Account.Kind, l.Account.ID, l.Customer)
}

func (d *Desk) decideLink(tx LinkTx, l *Link, accept bool, by Actor) error {
	before := l.Outcome()
	l.State, l.DecidedBy, l.DecidedName, l.DecidedAt = LinkRefused, by.Code, by.Name, d.Now()
	action := "不关联"
	if accept {
		l.State, action = LinkConfirmed, "客户关联"
		if err := d.bindLink(tx, l, by); err != nil {
			return err
		}
	}
	return d.saveLink(tx, l, action, before, by)
}

// bindLink binds the person of a chat account, who then is treated like one who came with a code.
func (d *Desk) bindLink(tx LinkTx, l *Link, by Actor) error {
	p := l.Account.chat()
	if p == "" {
		return nil
	}
	all, err := tx.BindingOf(p, l.Account.ID)
	if err != nil || slices.ContainsFunc(all, func(b Binding) bool { return b.Customer == l.Customer }) {
		return err
	}
	return tx.Bind(Binding{Platform: p, Person: l.Account.ID, Customer: l.Customer, By: by.Staff.Code, At: d.Now()})
}

func (d *Desk) saveLink(tx LinkTx, l *Link, action, before string, by Actor) error {
	if err := tx.SaveLink(l); err != nil {
		return err
	}
	err := tx.Audit(AuditEntry{
		At: d.Now(), Actor: by.Code, Channel: by.Channel, Action: action, Before: before, After: l.Pair(), Reason: l.Why, Trace: by.Trace,
	})
	if err != nil {
		return err
	}
	return tx.Emit(d.linkEvent(l, EventLinkSettled, by))
}

// EndLink undoes a confirmed link: from now on the one shows nothing of the other's.
func (d *Desk) EndLink(tx LinkTx, id int64, by Actor) (*Link, error) {
	if err := by.MayLink(); err != nil {
		return nil, err
	}
	l, err := tx.Link(id)
	if err != nil {
		return nil, err
	}
	if l.State != LinkConfirmed {
		return nil, Errorf(CodeConflict, "关联 %d %s，没有可解除的", l.ID, l.Outcome())
	}
	before := l.Outcome()
	l.State, l.EndedBy, l.EndedName, l.EndedAt = LinkEnded, by.Code, by.Name, d.Now()
	if p := l.Account.chat(); p != "" {
		all, err := tx.BindingOf(p, l.Account.ID)
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			if b.Customer == l.Customer {
				if err := tx.Unbind(b.ID); err != nil {
					return nil, err
				}
			}
		}
	}
	return l, d.saveLink(tx, l, "解除关联", before, by)
}

// Unbound ends the confirmed links of a person whose binding was withdrawn.
func (d *Desk) Unbound(tx LinkTx, b Binding, by Actor) error {
	all, err := tx.LinksWith(CustomerAccount{AccountKind(b.Platform), b.Person}, b.Customer)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.State != LinkConfirmed {
			continue
		}
		if l, err = tx.Link(l.ID); err != nil {
			return err
		}
		before := l.Outcome()
		l.State, l.EndedBy, l.EndedName, l.EndedAt = LinkEnded, by.Code, by.Name, d.Now()
		if err := d.saveLink(tx, l, "解除关联", before, by); err != nil {
			return err
		}
	}
	return nil
}

// samePhoneMost is how many records may share a number: beyond, it is a switchboard's.
const samePhoneMost = 3

// WithPhone returns the customers whose record has a phone number, none where so many have it that it tells nobody.
func (c *Catalog) WithPhone(phone string) []*Customer {
	phone = DigitsOf(phone)
	if len(phone) < 7 {
		return nil
	}
	var out []*Customer
	for _, x := range c.Customers() {
		if x.Phone != "" && DigitsOf(x.Phone) == phone {
			out = append(out, x)
		}
	}
	if len(out) > samePhoneMost {
		return nil
	}
	return out
}

// DigitsOf returns the digits of a text.
func DigitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// ProposeSamePhone proposes the other records of the phone number of an order's customer.
func (d *Desk) ProposeSamePhone(tx LinkTx, o *Order) error {
	cat := d.Catalog()
	c := cat.Customer(o.Customer)
	if c == nil || c.Phone == "" {
		return nil
	}
	for _, other := range cat.WithPhone(c.Phone) {
		if other.Code == c.Code {
			continue
		}
		if _, err := d.ProposeLink(tx, CustomerAccount{AccountCustomer, string(other.Code)}, c.Code, "电话相同："+MaskPhone(c.Phone), SystemActor); err != nil {
			return err
		}
	}
	return nil
}

// MaskPhone leaves of a number what tells it apart: 138****5678.
func MaskPhone(phone string) string {
	if phone = DigitsOf(phone); len(phone) < 8 {
		return phone
	}
	return phone[:3] + "****" + phone[len(phone)-4:]
}
