package storage

import (
	"fmt"
	"slices"

	"orderbot/orders"
)

type linkRow struct {
	ID          int64 `gorm:"primaryKey"`
	Kind        string
	Account     string
	Customer    string
	State       string
	Why         string
	ByCode      string
	ByName      string
	At          int64
	DecidedBy   string
	DecidedName string
	DecidedAt   int64
	EndedBy     string
	EndedName   string
	EndedAt     int64
	Ended       int64
}

func (*linkRow) TableName() string { return "links" }

func (r *linkRow) toDomain() *orders.Link {
	return &orders.Link{
		ID: r.ID, Account: orders.CustomerAccount{Kind: orders.AccountKind(r.Kind), ID: r.Account}, Customer: orders.CustomerCode(r.Customer),
		State: orders.LinkState(r.State), Why: r.Why, By: r.ByCode, ByName: r.ByName, At: fromMS(r.At), DecidedBy: r.DecidedBy, DecidedName: r.DecidedName,
		DecidedAt: fromMS(r.DecidedAt), EndedBy: r.EndedBy, EndedName: r.EndedName, EndedAt: fromMS(r.EndedAt),
	}
}

func fromLink(l *orders.Link) linkRow {
	row := linkRow{
		ID: l.ID, Kind: string(l.Account.Kind), Account: l.Account.ID, Customer: string(l.Customer), State: string(l.State), Why: l.Why, ByCode: l.By, ByName: l.ByName,
		At: toMS(l.At), DecidedBy: l.DecidedBy, DecidedName: l.DecidedName, DecidedAt: toMS(l.DecidedAt), EndedBy: l.EndedBy, EndedName: l.EndedName, EndedAt: toMS(l.EndedAt),
	}
	if l.State == orders.LinkEnded {
		row.Ended = l.ID
	}
	return row
}

// AddLink stores a new link, or returns the open one that is there.
func (tx *Tx) AddLink(l orders.Link) (*orders.Link, bool, error) {
	if len(l.Account.ID) > 191 {
		return nil, false, orders.Errorf(orders.CodeInvalid, "账号太长了，没有关联")
	}
	row := fromLink(&l)
	st := insertRows([]linkRow{row})
	r, err := tx.pool.ExecContext(tx.ctx, st.text+tx.s.unlessThere("kind"), st.args...)
	if err != nil {
		return nil, false, fmt.Errorf("store a link: %w", tx.s.translate(err))
	}
	n, err := r.RowsAffected()
	if err != nil {
		return nil, false, err
	}
	found, err := tx.links("kind = ? AND account = ? AND customer = ? AND ended = 0", row.Kind, row.Account, row.Customer)
	if err != nil || len(found) == 0 {
		return nil, false, fmt.Errorf("read a link: %w", err)
	}
	return found[0], n > 0, nil
}

func (tx *Tx) links(where string, args ...any) ([]*orders.Link, error) {
	rows, err := selectRows[linkRow](tx.ctx, tx.db, "SELECT * FROM links WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	out := make([]*orders.Link, len(rows))
	for i := range rows {
		out[i] = rows[i].toDomain()
	}
	return out, nil
}

// Link loads a link under a lock: CodeNotFound where there is none.
func (tx *Tx) Link(id int64) (*orders.Link, error) {
	found, err := tx.links("id = ?"+tx.s.forUpdate(), id)
	if err == nil && len(found) == 0 {
		err = orders.Errorf(orders.CodeNotFound, "没有编号 %d 的关联", id)
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// SaveLink stores what has become of a link that is locked.
func (tx *Tx) SaveLink(l *orders.Link) error {
	row := fromLink(l)
	tx.queue(statement{
		"UPDATE links SET state = ?, decided_by = ?, decided_name = ?, decided_at = ?, ended_by = ?, ended_name = ?, ended_at = ?, ended = ? WHERE id = ?",
		[]any{row.State, row.DecidedBy, row.DecidedName, row.DecidedAt, row.EndedBy, row.EndedName, row.EndedAt, row.Ended, row.ID},
	})
	return nil
}

// LinksWith returns the links of an account and a customer, ended ones too, oldest first.
func (tx *Tx) LinksWith(a orders.CustomerAccount, customer orders.CustomerCode) ([]*orders.Link, error) {
	return tx.links("kind = ? AND account = ? AND customer = ? ORDER BY id", string(a.Kind), a.ID, string(customer))
}

// LinksOfAccount returns the links of an account, oldest first.
func (tx *Tx) LinksOfAccount(a orders.CustomerAccount) ([]*orders.Link, error) {
	return tx.links("kind = ? AND account = ? ORDER BY id", string(a.Kind), a.ID)
}

// LinksOf returns the links of customers and of the records that they are linked with, ended ones too, newest first; of no customer those
// that are proposed or confirmed.
func (tx *Tx) LinksOf(limit int, customers ...orders.CustomerCode) ([]*orders.Link, error) {
	if len(customers) == 0 {
		return tx.links("state IN (?, ?) ORDER BY state DESC, id DESC LIMIT ?", string(orders.LinkProposed), string(orders.LinkConfirmed), limit)
	}
	in, args := inList(codesOf(customers))
	return tx.links("customer IN "+in+" OR kind = ? AND account IN "+in+" ORDER BY id DESC LIMIT ?",
		slices.Concat(args, []any{string(orders.AccountCustomer)}, args, []any{limit})...)
}

// SameCustomer returns the records that confirmed links make one customer of, the given ones first. Those that somebody said are not the
// given ones' are left out, whatever way leads to them.
func (tx *Tx) SameCustomer(customers ...orders.CustomerCode) ([]orders.CustomerCode, error) {
	all, fresh := slices.Clone(customers), customers
	others, err := tx.othersThan(customers)
	if err != nil {
		return nil, err
	}
	for len(fresh) > 0 {
		in, args := inList(codesOf(fresh))
		found, err := tx.links("kind = ? AND state = ? AND (customer IN "+in+" OR account IN "+in+") ORDER BY id",
			slices.Concat([]any{string(orders.AccountCustomer), string(orders.LinkConfirmed)}, args, args)...)
		if err != nil {
			return nil, err
		}
		fresh = nil
		for _, l := range found {
			for _, c := range []orders.CustomerCode{l.Customer, orders.CustomerCode(l.Account.ID)} {
				if !others[c] && !slices.Contains(all, c) {
					all, fresh = append(all, c), append(fresh, c)
				}
			}
		}
	}
	return all, nil
}

// othersThan returns the records whose link with one of the given ones was refused or ended, and not confirmed since.
func (tx *Tx) othersThan(customers []orders.CustomerCode) (map[orders.CustomerCode]bool, error) {
	in, args := inList(codesOf(customers))
	found, err := tx.links("kind = ? AND state <> ? AND (customer IN "+in+" OR account IN "+in+")",
		slices.Concat([]any{string(orders.AccountCustomer), string(orders.LinkProposed)}, args, args)...)
	if err != nil {
		return nil, err
	}
	type pair [2]orders.CustomerCode
	said := make(map[pair]bool) // true: they are one
	for _, l := range found {
		a, b := l.Customer, orders.CustomerCode(l.Account.ID)
		p := pair{min(a, b), max(a, b)}
		said[p] = said[p] || l.State == orders.LinkConfirmed
	}
	others := make(map[orders.CustomerCode]bool)
	for p, one := range said {
		for _, c := range p {
			if !one && !slices.Contains(customers, c) {
				others[c] = true
			}
		}
	}
	return others, nil
}
