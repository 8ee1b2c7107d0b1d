/* A light load generator for HTTP/1.1: so many kept connections, one request in flight on each (closed loop).
 *
 *     load --port N --requests FILE --connections N (--seconds S | --count N) [--rate N] [--timeout S] [--host A]
 *
 * FILE holds whole requests as they go over the wire, each after its length in bytes and a line feed; they are
 * sent in turn, over and over. --rate begins at most so many a second. Without answer within --timeout (30 s) a
 * request is given up. The last line is one JSON object: every request is in `status` or in `errors`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000LL
#define MAX_CONNECTIONS 10000
#define MAX_LINE 16384
#define RETRY_NANOSECONDS (10 * 1000000LL) /* after a refused connection, so that refusals cannot spin */

typedef struct {
    char *bytes;
    size_t length;
} Request;

/* What comes next of an answer. All but BODY and CHUNK come as lines. */
typedef enum { STATUS, FIELD, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, DONE, MALFORMED } Part;

typedef struct {
    Part part;
    int status;
    bool has_length, chunked, closes;
    uint64_t left; /* bytes of the body or of the chunk */
    size_t used;
    char line[MAX_LINE];
} Answer;

typedef struct {
    int fd; /* -1: not connected */
    bool busy, stuck; /* stuck: the socket takes no more of the request now */
    int64_t began, not_before;
    const Request *request;
    size_t sent;
    Answer answer;
} Connection;

typedef enum { CONNECT, CLOSED, BROKEN, TIMEOUT, FAULTS } Fault;
static const char *const fault_names[FAULTS] = {"connect", "closed", "malformed", "timeout"};

static struct {
    struct sockaddr_in address;
    int connections;
    double seconds, rate, timeout;
    uint64_t count;
    Request *requests;
    size_t request_count;
} wanted = {.connections = 1, .timeout = 30};

static struct {
    int poll;
    int64_t start, last;
    uint64_t begun, in_flight, bytes;
    uint64_t status[600], faults[FAULTS];
} run;

/* ---- latencies: microseconds in buckets less than one per cent wide --------------------------------------- */

#define STEPS 128 /* buckets in each doubling */
#define DOUBLINGS 40

static struct {
    uint64_t buckets[DOUBLINGS * STEPS], count, sum, max;
} latencies;

static size_t bucket_of(uint64_t value) {
    if (value < STEPS) return value;
    int shift = 63 - __builtin_clzll(value) - 7; /* 2^7 = STEPS */
    size_t bucket = (size_t)(shift + 1) * STEPS + (size_t)(value >> shift) - STEPS;
    return bucket < DOUBLINGS * STEPS ? bucket : DOUBLINGS * STEPS - 1;
}

static double middle_of(size_t bucket) {
    if (bucket < STEPS) return (double)bucket;
    int shift = (int)(bucket / STEPS) - 1;
    return (double)((uint64_t)(bucket % STEPS + STEPS) << shift) + (double)(((uint64_t)1 << shift) - 1) / 2;
}

static void record_latency(int64_t nanoseconds) {
    uint64_t value = nanoseconds > 0 ? (uint64_t)nanoseconds / 1000 : 0;
    latencies.buckets[bucket_of(value)]++;
    latencies.count++;
    latencies.sum += value;
    if (value > latencies.max) latencies.max = value;
}

static double percentile_ms(double share) {
    uint64_t rank = (uint64_t)(share * (double)latencies.count + 0.999999), seen = 0;
    for (size_t i = 0; i < DOUBLINGS * STEPS; i++) {
        seen += latencies.buckets[i];
        if (seen >= rank && seen > 0) {
            double value = middle_of(i);
            return (value > (double)latencies.max ? (double)latencies.max : value) / 1000;
        }
    }
    return 0;
}

/* ---- reading an answer, whatever pieces it comes in -------------------------------------------------------- */

static bool starts(const char *line, const char *prefix) { return strncasecmp(line, prefix, strlen(prefix)) == 0; }

/* A number that is the whole text but for spaces around it. */
static bool is_number(const char *text, uint64_t *number) {
    while (*text == ' ' || *text == '\t') text++;
    if (!isdigit((unsigned char)*text)) return false;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    while (*end == ' ' || *end == '\t') end++;
    return errno == 0 && *end == '\0';
}

static Part after_status(Answer *answer) {
    int minor, status;
    if (sscanf(answer->line, "HTTP/1.%1d %3d", &minor, &status) != 2 || status < 100 || status > 599) return MALFORMED;
    answer->status = status;
    answer->has_length = answer->chunked = false;
    answer->closes = minor == 0;
    return FIELD;
}

static Part after_head(Answer *answer) {
    if (answer->status < 200) return STATUS; /* 100 Continue and the like: the answer is still to come */
    if (answer->status == 204 || answer->status == 304) return DONE;
    if (answer->chunked) return CHUNK_SIZE;
    if (!answer->has_length) return MALFORMED; /* would end where the connection does, whole or not */
    return answer->left ? BODY : DONE;
}

static Part after_field(Answer *answer) {
    const char *line = answer->line;
    if (!*line) return after_head(answer);
    if (starts(line, "content-length:")) {
        answer->has_length = true;
        return is_number(line + 15, &answer->left) ? FIELD : MALFORMED;
    }
    if (starts(line, "transfer-encoding:")) answer->chunked = strcasestr(line, "chunked") != NULL;
    if (starts(line, "connection:") && strcasestr(line, "close")) answer->closes = true;
    return strchr(line, ':') ? FIELD : MALFORMED;
}

static Part after_chunk_size(Answer *answer) {
    char *end;
    if (!isxdigit((unsigned char)answer->line[0])) return MALFORMED;
    answer->left = strtoull(answer->line, &end, 16);
    if (*end != '\0' && *end != ';' && *end != ' ') return MALFORMED;
    return answer->left ? CHUNK : TRAILER;
}

static Part after_line(Answer *answer) {
    switch (answer->part) {
    case STATUS: return after_status(answer);
    case FIELD: return after_field(answer);
    case CHUNK_SIZE: return after_chunk_size(answer);
    case CHUNK_END: return answer->line[0] ? MALFORMED : CHUNK_SIZE;
    case TRAILER: return answer->line[0] ? TRAILER : DONE;
    default: return MALFORMED;
    }
}

static void take_byte_of_line(Answer *answer, char byte) {
    if (byte != '\n') {
        if (answer->used + 1 == MAX_LINE) answer->part = MALFORMED;
        else answer->line[answer->used++] = byte;
        return;
    }
    if (answer->used && answer->line[answer->used - 1] == '\r') answer->used--;
    answer->line[answer->used] = '\0';
    answer->used = 0;
    answer->part = after_line(answer);
}

/* Takes what belongs to the answer, and gives how many bytes that were. */
static size_t take(Answer *answer, const char *data, size_t length) {
    size_t taken = 0;
    while (taken < length && answer->part < DONE) {
        if (answer->part != BODY && answer->part != CHUNK) {
            take_byte_of_line(answer, data[taken++]);
            continue;
        }
        size_t part = length - taken < answer->left ? length - taken : (size_t)answer->left;
        taken += part;
        answer->left -= part;
        if (answer->left == 0) answer->part = answer->part == BODY ? DONE : CHUNK_END;
    }
    return taken;
}

/* ---- connections ------------------------------------------------------------------------------------------- */

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NANOSECONDS + t.tv_nsec;
}

static void hang_up(Connection *connection) {
    if (connection->fd >= 0) close(connection->fd);
    connection->fd = -1;
}

/* Connecting may block: over the loopback it takes no time. */
static bool connected(Connection *connection) {
    if (connection->fd >= 0) return true;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return false;
    struct timeval patience = {.tv_sec = (time_t)wanted.timeout + 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (connect(fd, (struct sockaddr *)&wanted.address, sizeof wanted.address) < 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || epoll_ctl(run.poll, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        return false;
    }
    connection->fd = fd;
    connection->stuck = false;
    return true;
}

static void finished(Connection *connection) {
    connection->busy = false;
    run.in_flight--;
    run.last = now();
}

static void failed(Connection *connection, Fault fault) {
    run.faults[fault]++;
    hang_up(connection);
    finished(connection);
    if (fault == CONNECT) connection->not_before = run.last + RETRY_NANOSECONDS;
}

static void answered(Connection *connection) {
    run.status[connection->answer.status]++;
    finished(connection);
    record_latency(run.last - connection->began);
    /* An answer may come before all of the request was sent: the connection is of no use then. */
    if (connection->answer.closes || connection->sent < connection->request->length) hang_up(connection);
}

static void send_rest(Connection *connection) {
    const Request *request = connection->request;
    while (connection->sent < request->length) {
        ssize_t n = send(connection->fd, request->bytes + connection->sent, request->length - connection->sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {
            failed(connection, CLOSED);
            return;
        }
        if (n < 0) break;
        connection->sent += (size_t)n;
    }
    bool stuck = connection->sent < request->length;
    if (stuck == connection->stuck) return;
    connection->stuck = stuck;
    struct epoll_event event = {.events = EPOLLIN | (stuck ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(run.poll, EPOLL_CTL_MOD, connection->fd, &event);
}

static void begin(Connection *connection) {
    connection->request = &wanted.requests[run.begun++ % wanted.request_count];
    connection->busy = true;
    connection->sent = 0;
    connection->began = now();
    connection->answer.part = STATUS;
    connection->answer.used = 0;
    run.in_flight++;
    if (connected(connection)) send_rest(connection);
    else failed(connection, CONNECT);
}

static void receive(Connection *connection) {
    static char buffer[1 << 18];
    ssize_t n = recv(connection->fd, buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (!connection->busy) { /* closed while idle, or an answer that nobody asked for: no request is lost */
        hang_up(connection);
        return;
    }
    if (n <= 0) {
        failed(connection, CLOSED);
        return;
    }
    run.bytes += (uint64_t)n;
    size_t taken = take(&connection->answer, buffer, (size_t)n);
    if (connection->answer.part == MALFORMED || taken < (size_t)n) failed(connection, BROKEN);
    else if (connection->answer.part == DONE) answered(connection);
}

/* ---- the run ----------------------------------------------------------------------------------------------- */

static bool over(int64_t time) {
    if (wanted.count) return run.begun >= wanted.count;
    return time >= run.start + (int64_t)(wanted.seconds * NANOSECONDS);
}

static int64_t next_slot(void) {
    return wanted.rate > 0 ? run.start + (int64_t)((double)run.begun / wanted.rate * NANOSECONDS) : 0;
}

/* Begins what may be begun; gives the time until when nothing more can be, if nothing happens. */
static int64_t begin_all(Connection *connections, int64_t time) {
    int64_t wake = time + NANOSECONDS / 10; /* time-outs are looked for that often */
    for (int i = 0; i < wanted.connections && !over(time); i++) {
        Connection *connection = &connections[i];
        if (connection->busy) continue;
        int64_t at = next_slot() > connection->not_before ? next_slot() : connection->not_before;
        if (at <= time) begin(connection);
        else if (at < wake) wake = at;
        if (!connection->busy && connection->not_before > time && connection->not_before < wake)
            wake = connection->not_before;
    }
    return wake;
}

static void give_up_late(Connection *connections, int64_t time) {
    int64_t patience = (int64_t)(wanted.timeout * NANOSECONDS);
    for (int i = 0; i < wanted.connections; i++)
        if (connections[i].busy && time - connections[i].began > patience) failed(&connections[i], TIMEOUT);
}

static void serve(Connection *connection, uint32_t events) {
    if (connection->busy && connection->fd >= 0 && (events & EPOLLOUT)) send_rest(connection);
    if (connection->fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) receive(connection);
}

static void run_all(Connection *connections) {
    static struct epoll_event events[256];
    int64_t looked = run.start = run.last = now();
    for (;;) {
        int64_t time = now(), wake = begin_all(connections, time);
        if (over(time) && run.in_flight == 0) return;
        int wait = wake > time ? (int)((wake - time + 999999) / 1000000) : 0;
        int n = epoll_wait(run.poll, events, 256, wait);
        for (int i = 0; i < n; i++) serve(events[i].data.ptr, events[i].events);
        if (now() - looked > NANOSECONDS / 10) give_up_late(connections, looked = now());
    }
}

static void report(void) {
    double seconds = (double)(run.last - run.start) / NANOSECONDS;
    const char *comma = "";
    printf("{\"requests\": %" PRIu64 ", \"seconds\": %.6f, \"bytes\": %" PRIu64 ", \"status\": {", run.begun, seconds,
           run.bytes);
    for (int i = 0; i < 600; i++)
        if (run.status[i]) {
            printf("%s\"%d\": %" PRIu64, comma, i, run.status[i]);
            comma = ", ";
        }
    printf("}, \"errors\": {");
    for (int i = 0; i < FAULTS; i++)
        printf("%s\"%s\": %" PRIu64, i ? ", " : "", fault_names[i], run.faults[i]);
    printf("}, \"latency_ms\": {\"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, \"max\": %.3f, \"mean\": %.3f}}\n",
           percentile_ms(0.5), percentile_ms(0.95), percentile_ms(0.99), (double)latencies.max / 1000,
           latencies.count ? (double)latencies.sum / (double)latencies.count / 1000 : 0.0);
}

/* ---- what is wanted ---------------------------------------------------------------------------------------- */

static void refuse(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static void read_requests(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) refuse("cannot read %s: %s", path, strerror(errno));
    size_t length, room = 0;
    while (fscanf(file, "%zu", &length) == 1) {
        if (wanted.request_count == room) {
            room = room ? 2 * room : 64;
            wanted.requests = realloc(wanted.requests, room * sizeof(Request));
        }
        char *bytes = malloc(length ? length : 1);
        if (!wanted.requests || !bytes) refuse("no memory");
        if (!length || fgetc(file) != '\n' || fread(bytes, 1, length, file) != length)
            refuse("%s: request %zu is cut off", path, wanted.request_count);
        wanted.requests[wanted.request_count++] = (Request){bytes, length};
    }
    if (!feof(file) || !wanted.request_count) refuse("%s: no requests, or something else between them", path);
    fclose(file);
}

static double positive(const char *name, const char *text) {
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end || number <= 0) refuse("--%s: a positive number is expected", name);
    return number;
}

static void read_arguments(int count, char **arguments) {
    enum { HOST, PORT, REQUESTS, CONNECTIONS, SECONDS, COUNT, RATE, PATIENCE };
    static const struct option options[] = {
        {"host", 1, 0, HOST},         {"port", 1, 0, PORT},   {"requests", 1, 0, REQUESTS},
        {"connections", 1, 0, CONNECTIONS}, {"seconds", 1, 0, SECONDS}, {"count", 1, 0, COUNT},
        {"rate", 1, 0, RATE},         {"timeout", 1, 0, PATIENCE}, {0, 0, 0, 0}};
    wanted.address.sin_family = AF_INET;
    wanted.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int option, place; (option = getopt_long(count, arguments, "", options, &place)) != -1;) {
        if (option == '?') exit(2);
        const char *name = options[place].name;
        switch (option) {
        case HOST:
            if (inet_pton(AF_INET, optarg, &wanted.address.sin_addr) != 1) refuse("--host: an IPv4 address, please");
            break;
        case PORT: wanted.address.sin_port = htons((uint16_t)positive(name, optarg)); break;
        case REQUESTS: read_requests(optarg); break;
        case CONNECTIONS: wanted.connections = (int)positive(name, optarg); break;
        case SECONDS: wanted.seconds = positive(name, optarg); break;
        case COUNT: wanted.count = (uint64_t)positive(name, optarg); break;
        case RATE: wanted.rate = positive(name, optarg); break;
        case PATIENCE: wanted.timeout = positive(name, optarg); break;
        }
    }
    if (!wanted.address.sin_port || !wanted.request_count) refuse("--port and --requests are needed");
    if ((wanted.seconds > 0) == (wanted.count > 0)) refuse("either --seconds or --count is needed");
    if (wanted.connections > MAX_CONNECTIONS) refuse("--connections: %d at most", MAX_CONNECTIONS);
}

int main(int count, char **arguments) {
    read_arguments(count, arguments);
    Connection *connections = calloc((size_t)wanted.connections, sizeof(Connection));
    run.poll = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || run.poll < 0) refuse("cannot begin: %s", strerror(errno));
    for (int i = 0; i < wanted.connections; i++) {
        connections[i].fd = -1;
        connected(&connections[i]); /* not part of what is measured; a refusal shows with the first request */
    }
    run_all(connections);
    report();
    return 0;
}
