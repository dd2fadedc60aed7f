package intake

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Change is what became of the master data.
type Change struct {
	Products      []orders.Product // added, or as they are now
	Customers     []orders.Customer
	GoneProducts  []orders.ProductCode
	GoneCustomers []orders.CustomerCode
	// Items and History are all that these customers have now.
	Items   map[orders.CustomerCode][]orders.CustomerItem
	History map[orders.CustomerCode][]orders.HistoryLine
}

func (c *Change) size() int {
	return len(c.Products) + len(c.Customers) + len(c.GoneProducts) + len(c.GoneCustomers) + len(c.Items) + len(c.History)
}

// With is the lexicon after a change, which must not change afterwards: it reads as one built from all of the changed master
// data does. What is new comes last, as in an imported list. It takes milliseconds where a new lexicon takes seconds.
func (x *Lexicon) With(c Change) *Lexicon {
	y := *x
	y.grams, y.singles, y.tokens, y.sounds = x.grams.fork(), x.singles.fork(), x.tokens.fork(), x.sounds.fork()
	y.byCode, y.alikes, y.items, y.history = x.byCode.fork(), x.alikes.fork(), x.items.fork(), x.history.fork()
	n := len(c.Products)
	y.posts, y.products, y.popular, y.units = clone(x.posts, 100*n), clone(x.products, n), clone(x.popular, n), maps.Clone(x.units)
	y.sold, y.unlisted, y.kins = maps.Clone(x.sold), maps.Clone(x.unlisted), slices.Clone(x.kins)
	y.packings, y.packIDs = slices.Clone(x.packings), x.packIDs.fork()
	if len(c.Customers)+len(c.GoneCustomers) > 0 {
		y.phones, y.places, y.buyerCode = x.phones.fork(), x.places.fork(), x.buyerCode.fork()
		y.customers, y.sellers = slices.Clone(x.customers), maps.Clone(x.sellers)
	}
	for _, code := range c.GoneProducts {
		if id, ok := y.productOf(code); ok {
			y.leave(id)
		}
	}
	for i := range c.Products {
		y.putProduct(&c.Products[i])
	}
	for _, code := range c.GoneCustomers {
		if id, ok := y.customerOf(string(code)); ok {
			y.leaveBuyer(id)
		}
	}
	for i := range c.Customers {
		y.putCustomer(&c.Customers[i])
	}
	for customer, items := range c.Items {
		y.items.put(customer, y.ownItems(items))
	}
	for customer, lines := range c.History {
		y.count(y.history.get(customer), -1)
		y.history.put(customer, newestFirst(slices.Clone(lines)))
		y.count(lines, 1)
	}
	y.leadUnits()
	return &y
}

// clone is s with room for n more.
func clone[T any](s []T, n int) []T { return append(make([]T, 0, len(s)+n), s...) }

// count counts how often products were ordered, or takes it away.
func (x *Lexicon) count(lines []orders.HistoryLine, n int32) {
	for i := range lines {
		if id, ok := x.productOf(lines[i].Product); ok {
			x.popular[id] += n
		} else {
			x.unlisted[lines[i].Product] += n
		}
	}
}

// putProduct adds a product, or puts it in the place of the one of that code.
func (x *Lexicon) putProduct(p *orders.Product) {
	e := newEntry(p, func(raw string) *saying {
		d := draft{raw: raw, saying: &saying{}}
		d.takeApart()
		x.settle(&d, nil)
		for _, g := range d.grams {
			k := soundOfPair(g)
			if gs := x.sounds.get(k); !slices.Contains(gs, g) {
				gs = append(slices.Clone(gs), g)
				slices.Sort(gs)
				x.sounds.put(k, gs)
			}
		}
		return d.saying
	})
	e.setHint()
	id, known := x.productOf(p.Code)
	was := &entry{spec: &saying{}}
	posts, chars := e.bearing(nil), e.singles(nil)
	if known {
		was = x.products[id]
		bore, held := was.bearing(nil), was.singles(nil)
		x.drop(was, id, beyond(bore, posts), beyond(held, chars))
		posts, chars = beyond(posts, bore), beyond(chars, held)
	} else {
		id = int32(len(x.products)) //nolint:gosec // far fewer than that
		x.products, x.popular = append(x.products, nil), append(x.popular, x.unlisted[p.Code])
	}
	x.products[id] = e
	x.enter(e, id, posts)
	for _, c := range chars {
		link(&x.singles, c, id)
	}
	x.countUnits(p, 1)
	x.names = x.names.change(id, was.names(), e.names())
}

// beyond are those of a sorted list that are not in another.
func beyond[T cmp.Ordered](list, other []T) []T {
	var out []T
	for _, v := range list {
		if _, ok := slices.BinarySearch(other, v); !ok {
			out = append(out, v)
		}
	}
	return out
}

// drop takes a product from what finds it, but for its names: from the lists of posts and chars.
func (x *Lexicon) drop(e *entry, id int32, posts []post, chars []rune) {
	for _, k := range posts {
		x.posts[k.id()] = without(x.posts[k.id()], newPost(id, k.weak()))
	}
	for _, c := range chars {
		unlink(&x.singles, c, id)
	}
	for g := range x.kins {
		x.kins[g] = without(x.kins[g], newPost(id, false))
	}
	if k := string(normal(string(e.product.Code))); k != "" {
		x.byCode.put(k, 0)
		unlink(&x.alikes, alike.Replace(k), id)
	}
	x.countUnits(e.product, -1)
}

// leave takes a product away.
func (x *Lexicon) leave(id int32) {
	e := x.products[id]
	x.drop(e, id, e.bearing(nil), e.singles(nil))
	x.names = x.names.change(id, e.names(), nil)
	x.products[id] = &entry{spec: &saying{}}
	x.unlisted[e.product.Code] = x.popular[id]
	x.items.all(func(c orders.CustomerCode, items []ownItem) {
		if slices.ContainsFunc(items, func(it ownItem) bool { return it.product == id }) {
			x.items.over[c] = slices.DeleteFunc(slices.Clone(items), func(it ownItem) bool { return it.product == id })
		}
	})
}

func (x *Lexicon) putCustomer(c *orders.Customer) {
	b := newBuyer(c)
	id, known := x.customerOf(string(c.Code))
	was := &buyer{}
	if known {
		was = x.customers[id]
		x.dropBuyer(was, id)
		x.customers[id] = b
	} else {
		id = int32(len(x.customers)) //nolint:gosec // far fewer than that
		x.customers = append(x.customers, b)
	}
	x.enterBuyer(b, id)
	x.buyers, x.contacts = x.buyers.change(id, was.names(), b.names()), x.contacts.change(id, was.contacts(), b.contacts())
}

func (b *buyer) contacts() [][]rune {
	if len(b.contact) == 0 {
		return nil
	}
	return [][]rune{b.contact}
}

func (x *Lexicon) dropBuyer(b *buyer, id int32) {
	x.buyerCode.put(string(normal(string(b.customer.Code))), 0)
	if p := digitsOf(b.customer.Phone); p != "" {
		unlink(&x.phones, p, id)
	}
	for i := 0; i+1 < len(b.address); i++ {
		unlink(&x.places, gram(b.address[i], b.address[i+1]), id)
	}
	if s := b.customer.Sales; s != "" {
		if x.sellers[s]--; x.sellers[s] == 0 {
			delete(x.sellers, s)
		}
	}
}

func (x *Lexicon) leaveBuyer(id int32) {
	b := x.customers[id]
	x.dropBuyer(b, id)
	x.buyers, x.contacts = x.buyers.change(id, b.names(), nil), x.contacts.change(id, b.contacts(), nil)
	x.customers[id] = &buyer{}
}

// Most changes at once, and in all on top of a lexicon as it was built, that are laid over it.
const (
	changesAtOnce = 200
	changesInAll  = 50_000
)

// Update is the lexicon of m, made of x where little changed since, else built anew. m must not change afterwards.
func (x *Lexicon) Update(m *orders.Master) *Lexicon {
	if c, ok := x.changeTo(m); ok {
		y := x.With(c)
		y.days = orders.NewCalendar(m.Days)
		return y
	}
	return NewLexicon(m)
}

// changeTo is what m has otherwise than x; not ok where that is much, or the order is another.
func (x *Lexicon) changeTo(m *orders.Master) (c Change, ok bool) {
	if len(x.singles.over)+len(x.byCode.over)+len(x.places.over) > changesInAll {
		return c, false
	}
	product := func(id int32) *orders.Product { return x.product(id) }
	changed, gone, ok := changes(m.Products, len(x.products), product, func(p *orders.Product) (int32, bool) { return x.productOf(p.Code) }, sameProduct)
	if !ok {
		return c, false
	}
	c.Products = changed
	for _, id := range gone {
		c.GoneProducts = append(c.GoneProducts, x.product(id).Code)
	}
	customer := func(id int32) *orders.Customer { return x.customer(id) }
	buyers, left, ok := changes(m.Customers, len(x.customers), customer, func(b *orders.Customer) (int32, bool) { return x.customerOf(string(b.Code)) }, sameCustomer)
	if !ok {
		return c, false
	}
	c.Customers = buyers
	for _, id := range left {
		c.GoneCustomers = append(c.GoneCustomers, x.customer(id).Code)
	}
	c.Items, c.History = map[orders.CustomerCode][]orders.CustomerItem{}, map[orders.CustomerCode][]orders.HistoryLine{}
	for i := range m.Items {
		c.Items[m.Items[i].Customer] = append(c.Items[m.Items[i].Customer], m.Items[i])
	}
	x.items.all(func(code orders.CustomerCode, own []ownItem) {
		now := c.Items[code]
		switch {
		case slices.EqualFunc(own, now, func(o ownItem, it orders.CustomerItem) bool {
			return o.item.Item == it.Item && o.item.Product == it.Product && sameDecimal(o.price, it.Price)
		}):
			delete(c.Items, code)
		case len(now) == 0:
			c.Items[code] = nil
		}
	})
	for i := range m.History {
		c.History[m.History[i].Customer] = append(c.History[m.History[i].Customer], m.History[i])
	}
	x.history.all(func(code orders.CustomerCode, was []orders.HistoryLine) {
		now := newestFirst(c.History[code])
		switch {
		case slices.EqualFunc(was, now, func(a, b orders.HistoryLine) bool {
			return a.Order == b.Order && a.Date == b.Date && a.Product == b.Product && a.Unit == b.Unit && a.Quantity.Equal(b.Quantity)
		}):
			delete(c.History, code)
		case len(now) == 0:
			c.History[code] = nil
		}
	})
	return c, c.size() <= changesAtOnce
}

// changes compares rows with the n that were indexed before: which are new or other, which are gone. It is not ok where that
// is much, or the order is another.
func changes[T any](rows []T, n int, was func(id int32) *T, find func(*T) (int32, bool), same func(a, b *T) bool) (changed []T, gone []int32, ok bool) {
	there := make([]bool, n)
	last, added := int32(-1), false
	for i := range rows {
		id := last + 1
		for int(id) < n && was(id) == nil {
			id++
		}
		known := int(id) < n && same(was(id), &rows[i])
		if !known {
			id, known = find(&rows[i])
		}
		switch {
		case known && (id <= last || added):
			return nil, nil, false
		case known:
			last, there[id] = id, true
			if same(was(id), &rows[i]) {
				continue
			}
		default:
			added = true
		}
		if changed = append(changed, rows[i]); len(changed) > changesAtOnce {
			return nil, nil, false
		}
	}
	for id := range there {
		if !there[id] && was(int32(id)) != nil {
			if gone = append(gone, int32(id)); len(gone) > changesAtOnce {
				return nil, nil, false
			}
		}
	}
	return changed, gone, true
}

// sameProduct tells whether reading makes no difference between two products.
func sameProduct(a, b *orders.Product) bool {
	return a.Code == b.Code && a.Name == b.Name && a.Spec == b.Spec && a.Unit == b.Unit && sameDecimal(a.Price, b.Price) && slices.Equal(a.Aliases, b.Aliases) &&
		slices.EqualFunc(a.Packs, b.Packs, func(p, q orders.Pack) bool { return p.Unit == q.Unit && p.Size.Equal(q.Size) })
}

// sameCustomer tells whether reading makes no difference between two customers.
func sameCustomer(a, b *orders.Customer) bool {
	return a.Code == b.Code && a.Name == b.Name && slices.Equal(a.Aliases, b.Aliases) && a.Level == b.Level && a.Region == b.Region && a.Contact == b.Contact &&
		a.Phone == b.Phone && a.Address == b.Address && a.Sales == b.Sales
}

func sameDecimal(a, b *decimal.Decimal) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
