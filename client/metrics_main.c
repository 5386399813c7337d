/* metrics_main.c - tequio-metrics: the network's figures for Prometheus, once or on request */

#include "base/clock.h"
#include "base/options.h"
#include "base/parse.h"
#include "client/interrupt.h"
#include "client/metrics.h"
#include "client/metrics_http.h"
#include "client/session.h"
#include "client/text.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>

/* How old a page may be that is given once more: whoever asks often asks us, not the scheduler. */
#define FRESH_US (2 * US_PER_SECOND)
#define LOOK_MS  500 /* for a signal */

/* A scrape of Prometheus ends after 10 s by default (its manual, scrape_timeout): by then it shall
 * know that nobody answers. */
#define ANSWER_WAIT_US (4 * US_PER_SECOND)

struct arguments {
    const char *server;
    const char *listen;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('l', "listen", "ADDRESS", struct arguments, listen,
                N_("serve http://ADDRESS/metrics, until stopped: PORT or HOST:PORT")),
    OPTION_TEXT('s', "server", "ENDPOINT", struct arguments, server,
                N_("the scheduler's address in place of the setting")),
    OPTION_FLAG('h', "help", struct arguments, help, N_("show this help and end")),
    OPTION_FLAG('V', "version", struct arguments, version, N_("show the version and end")),
    OPTION_END,
};

struct exporter {
    struct session *session;
    struct buffer page;
    int64_t made_us; /* boot clock; 0: never */
    bool up;
};

static void print_up(struct buffer *page, bool up)
{
    buffer_print(page,
                 "# HELP tequio_up Did the scheduler answer?\n"
                 "# TYPE tequio_up gauge\ntequio_up %d\n",
                 up);
}

/* A collector shall see that the scheduler is away, not that we are: the page is there anyhow. */
static void make_page(struct exporter *exporter)
{
    struct error err;
    bool up;

    buffer_reset(&exporter->page);
    up = metrics_ask(exporter->session, &exporter->page, &err);
    print_up(&exporter->page, up);
    if (!up && (exporter->up || exporter->made_us == 0))
        fprintf(stderr, "tequio-metrics: %s\n", err.text);
    exporter->up = up;
    exporter->made_us = clock_boot_us(&clock_real);
}

static void on_page(void *owner, struct buffer *buffer)
{
    struct exporter *exporter = owner;

    if (exporter->made_us == 0 || clock_boot_us(&clock_real) - exporter->made_us > FRESH_US)
        make_page(exporter);
    buffer_add(buffer, exporter->page.bytes, exporter->page.length);
}

static bool serve(struct session *session, const char *address, struct error *err)
{
    struct exporter exporter = {.session = session};
    CLEANUP(metrics_http_freep) struct metrics_http *http = NULL;

    interrupt_block();
    http = metrics_http_new(address, on_page, &exporter, err);
    if (!http)
        return false;
    session_limit_wait(session, ANSWER_WAIT_US);
    buffer_init(&exporter.page);
    fprintf(stderr, _("tequio-metrics: port %u, page /metrics\n"), metrics_http_port(http));
    while (interrupt_take() == 0)
        metrics_http_wait(http, LOOK_MS);
    buffer_clear(&exporter.page);
    return true;
}

static bool print_once(struct session *session, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer page;

    buffer_init(&page);
    if (!metrics_ask(session, &page, err))
        return false;
    print_up(&page, true);
    return (fwrite(page.bytes, 1, page.length, stdout) == page.length && fflush(stdout) == 0) ||
           fail_errno(err, _("write the figures"));
}

static int usage(void)
{
    printf(_("Usage: tequio-metrics [OPTION...]\n\n"
             "Print the network's figures in the text format of Prometheus, or serve them.\n\n"));
    options_print(options, 80, gettext);
    return options_told("tequio-metrics");
}

static bool run(const struct arguments *arguments, struct error *err)
{
    CLEANUP(session_freep) struct session *session = session_new(arguments->server);

    return arguments->listen ? serve(session, arguments->listen, err) : print_once(session, err);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct error err;
    int first;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    bindtextdomain("tequio", LOCALEDIR);
    textdomain("tequio");
    if (options_read(options, argc, argv, &arguments, &first, &err)) {
        if (arguments.help)
            return usage();
        if (arguments.version)
            return options_told_version("tequio-metrics");
        if (first < argc)
            fail(&err, ERROR_INVALID, _("%s: nothing is expected here"), argv[first]);
        else if (run(&arguments, &err))
            return 0;
    }
    fprintf(stderr, "tequio-metrics: %s\n", err.text);
    return (int)err.code;
}
