package orders

import (
	"hash/maphash"
	"maps"
)

// CatalogChange is what became of the master data since a version of them. Rows come or become other; none goes.
type CatalogChange struct {
	Version   int64      // of the master data with the change
	Products  []Product  // new, or as they are now
	Customers []Customer // the same
	// Items and History are all that customers have now of whom something changed there.
	Items   map[CustomerCode][]CustomerItem
	History map[CustomerCode][]HistoryLine
	// Staff, Prices, Days, Transits, Options and Pairings are the whole lists where something changed in them, else nil.
	Staff    []Staff
	Prices   []PriceRule
	Days     []Day
	Transits []Transit
	Options  []Option
	Pairings []Pairing
	// Absences and Weather are all that are not over yet.
	Absences []Absence
	Weather  []Weather
}

// Rows counts the products, customers and customers' own lists that changed.
func (c *CatalogChange) Rows() int {
	return len(c.Products) + len(c.Customers) + len(c.Items) + len(c.History)
}

// With is the catalog after a change, which must not change afterwards. It takes no time that grows with the catalog, but for a list of
// pointers where products changed; c stays as it is.
func (c *Catalog) With(change *CatalogChange) *Catalog {
	d := *c
	d.Master, d.Version, d.Absences, d.Weather = nil, change.Version, change.Absences, change.Weather
	if change.Staff != nil {
		d.Staff, d.staff = change.Staff, staffByCode(change.Staff)
	}
	if change.Prices != nil {
		d.Prices, d.prices = change.Prices, newPriceBook(change.Prices)
	}
	if change.Days != nil {
		d.Calendar = NewCalendar(change.Days)
	}
	if change.Transits != nil {
		d.Transits = change.Transits
	}
	if change.Options != nil || change.Pairings != nil {
		options, pairings := d.combined.options, d.combined.pairings
		if change.Options != nil {
			options = change.Options
		}
		if change.Pairings != nil {
			pairings = change.Pairings
		}
		d.combined = newCombinations(options, pairings)
	}
	d.products = c.products.with(change.Products, codeOfProduct)
	d.customers = c.customers.with(change.Customers, codeOfCustomer)
	if len(change.Items) > 0 {
		d.items = c.items.with(change.Items)
	}
	if len(change.History) > 0 {
		d.history = c.history.with(change.History)
	}
	return &d
}

// codes are records in their order, and by their codes.
type codes[K ~string, T any] struct {
	list []*T
	by   shelf[K, *T]
}

func codeOfProduct(p *Product) ProductCode { return p.Code }

func codeOfCustomer(c *Customer) CustomerCode { return c.Code }

func newCodes[K ~string, T any](rows []T, code func(*T) K) codes[K, T] {
	return (&codes[K, T]{by: newShelf[K, *T]()}).with(rows, code)
}

// with is c with rows in the place of those of their codes, or behind all.
func (c *codes[K, T]) with(rows []T, code func(*T) K) codes[K, T] {
	if len(rows) == 0 {
		return *c
	}
	d := codes[K, T]{append(make([]*T, 0, len(c.list)+len(rows)), c.list...), c.by.fork()}
	now := map[*T]*T{} // by what is replaced
	for i := range rows {
		k := code(&rows[i])
		if old := d.by.get(k); old != nil {
			now[old] = &rows[i]
		} else {
			d.list = append(d.list, &rows[i])
		}
		d.by.put(k, &rows[i])
	}
	if len(now) == 0 {
		return d
	}
	for i, r := range d.list {
		if n := now[r]; n != nil {
			d.list[i] = n
		}
	}
	return d
}

// shelf is a map by code that can be forked: of its parts only those are copied that change afterwards.
type shelf[K ~string, V any] struct {
	parts []map[K]V
	own   []bool // which parts are not shared with another shelf
}

// shelfParts is a power of two: of 100,000 codes some hundred are in each part.
const shelfParts = 1 << 10

var shelfSeed = maphash.MakeSeed()

func newShelf[K ~string, V any]() shelf[K, V] {
	return shelf[K, V]{make([]map[K]V, shelfParts), make([]bool, shelfParts)}
}

func part[K ~string](k K) uint64 { return maphash.String(shelfSeed, string(k)) % shelfParts }

func (s *shelf[K, V]) get(k K) (v V) {
	if s.parts == nil {
		return v
	}
	return s.parts[part(k)][k]
}

// with is s with other values.
func (s *shelf[K, V]) with(values map[K]V) shelf[K, V] {
	t := s.fork()
	for k, v := range values {
		t.put(k, v)
	}
	return t
}

func (s *shelf[K, V]) put(k K, v V) {
	i := part(k)
	if !s.own[i] {
		if s.parts[i] = maps.Clone(s.parts[i]); s.parts[i] == nil {
			s.parts[i] = map[K]V{}
		}
		s.own[i] = true
	}
	s.parts[i][k] = v
}

// fork is s to be changed without s changing, which must not change either any more.
func (s *shelf[K, V]) fork() shelf[K, V] {
	return shelf[K, V]{append([]map[K]V(nil), s.parts...), make([]bool, shelfParts)}
}
