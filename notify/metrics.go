package notify

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what the outbound side does.
type Metrics struct {
	sent     *prometheus.CounterVec
	failed   *prometheus.CounterVec
	repeated *prometheus.CounterVec
	lost     *prometheus.CounterVec
	delay    *prometheus.HistogramVec
	age      prometheus.Gauge
	pending  prometheus.Gauge
	events   *prometheus.CounterVec
	late     prometheus.Gauge
	parcels  *prometheus.CounterVec
}

// NewMetrics registers the metrics of the outbound side.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "orderbot", Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "orderbot", Name: name, Help: help})
		reg.MustRegister(g)
		return g
	}
	delay := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "orderbot", Name: "delivery_delay_seconds", Help: "Time from a message's making to its sending.",
		Buckets: []float64{.1, .25, .5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200},
	}, []string{"platform"})
	reg.MustRegister(delay)
	return &Metrics{
		sent:     counter("deliveries_sent_total", "Messages that a platform took.", "platform"),
		failed:   counter("deliveries_failed_total", "Tries that failed, by reason.", "platform", "reason"),
		repeated: counter("deliveries_repeated_after_unknown_total", "Messages sent again because the answer to the first try was lost.", "platform"),
		lost:     counter("deliveries_given_up_total", "Messages given up for good.", "platform", "kind"),
		delay:    delay,
		age:      gauge("outbox_age_seconds", "Age of the oldest message that is waiting to be sent."),
		pending:  gauge("outbox_pending", "Messages that are waiting to be sent."),
		events:   counter("events_total", "Events handled, by kind and result.", "kind", "result"),
		late:     gauge("clock_orders_due", "Orders that were due at the clock's last round."),
		parcels:  counter("parcel_calls_total", "Calls to the tracking provider, by kind and result.", "call", "result"),
	}
}
