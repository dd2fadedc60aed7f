package intake

import (
	"cmp"
	"maps"
	"slices"

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
	Days    []orders.Day // all days of the calendar; nil: as before
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
	if c.Days != nil {
		y.days = orders.NewCalendar(c.Days)
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
