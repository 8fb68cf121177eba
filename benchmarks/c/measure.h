/* What both load generators share: a clock, a latency histogram, and the one line of JSON they print.
 *
 * Latencies go into a log-linear histogram: 128 linear steps per power of two, so a percentile is at most
 * 0.8 % off, recording costs a few nanoseconds, and memory does not grow with the run. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { SUB_BITS = 7, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS) * SUB + SUB };

struct histogram {
    uint64_t counts[BUCKETS];
    uint64_t total;
    uint64_t max_ns;
};

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time of this process, so that a reader can see when the load generator itself was the limit. */
static inline double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline unsigned bucket_of(uint64_t ns) {
    if (ns < SUB)
        return (unsigned)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - SUB_BITS;
    return (shift + 1) * SUB + (unsigned)(ns >> shift) - SUB;
}

/* The middle of a bucket, in nanoseconds. */
static inline double bucket_middle_ns(unsigned bucket) {
    if (bucket < SUB)
        return bucket;
    unsigned shift = bucket / SUB - 1;
    uint64_t low = (uint64_t)(bucket % SUB + SUB) << shift;
    return (double)low + (double)((uint64_t)1 << shift) / 2;
}

static inline void record(struct histogram *h, uint64_t ns) {
    h->counts[bucket_of(ns)]++;
    h->total++;
    if (ns > h->max_ns)
        h->max_ns = ns;
}

static inline double percentile_us(const struct histogram *h, double fraction) {
    uint64_t rank = (uint64_t)(fraction * (double)h->total), seen = 0;
    if (h->total == 0)
        return 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen > rank) {
            double ns = bucket_middle_ns(i);
            return (ns > (double)h->max_ns ? (double)h->max_ns : ns) / 1e3;
        }
    }
    return (double)h->max_ns / 1e3;
}

/* What one measured period gave. `lost` < 0 means "does not apply" and is left out of the JSON. */
struct outcome {
    uint64_t messages, bytes, errors;
    double seconds, cpu_s;
    int64_t lost;
    uint64_t sent;
    uint64_t min_per_connection, max_per_connection;
};

static inline void print_json(const struct outcome *o, const struct histogram *h) {
    printf("{\"messages\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"per_second\": %.1f, ",
           (unsigned long long)o->messages, (unsigned long long)o->bytes, o->seconds,
           o->seconds > 0 ? (double)o->messages / o->seconds : 0.0);
    printf("\"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"max_us\": %.2f, ",
           percentile_us(h, 0.5), percentile_us(h, 0.9), percentile_us(h, 0.99), percentile_us(h, 0.999),
           (double)h->max_ns / 1e3);
    if (o->lost >= 0)
        printf("\"sent\": %llu, \"lost\": %lld, ", (unsigned long long)o->sent, (long long)o->lost);
    printf("\"errors\": %llu, \"min_per_connection\": %llu, \"max_per_connection\": %llu, \"cpu_seconds\": %.4f}\n",
           (unsigned long long)o->errors, (unsigned long long)o->min_per_connection,
           (unsigned long long)o->max_per_connection, o->cpu_s);
    fflush(stdout);
}

/* One descriptor per connection: take all that the hard limit allows. */
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

#endif
