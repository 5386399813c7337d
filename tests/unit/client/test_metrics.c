/* test_metrics.c - figures in the text format of Prometheus */

#include "client/metrics.h"
#include "tests/lib/runner.h"

#include <string.h>

static bool has_line(const struct buffer *page, const char *line)
{
    size_t length = strlen(line);
    const char *place = page->bytes;

    while ((place = strstr(place, line))) {
        if ((place == page->bytes || place[-1] == '\n') && place[length] == '\n')
            return true;
        place++;
    }
    printf("# no line %s\n", line);
    return false;
}

static void print_sample(struct buffer *page)
{
    Wire__Status status = WIRE__STATUS__INIT;
    Wire__ClusterView cluster = WIRE__CLUSTER_VIEW__INIT;
    Wire__ClusterListing clusters = WIRE__CLUSTER_LISTING__INIT;
    Wire__NodeView idle = WIRE__NODE_VIEW__INIT, down = idle, other = idle;
    Wire__NodeListing nodes = WIRE__NODE_LISTING__INIT;
    Wire__QuotaRow quota = WIRE__QUOTA_ROW__INIT;
    Wire__QuotaTable quotas = WIRE__QUOTA_TABLE__INIT;
    Wire__ClusterView *cluster_list[] = {&cluster};
    Wire__NodeView *node_list[] = {&idle, &down, &other};
    Wire__QuotaRow *quota_list[] = {&quota};

    status.version = (char *)(uintptr_t) "1 \"x\\y\"\nz";
    status.state = (char *)(uintptr_t) "normal";
    status.started_us = 1700000000000001;
    status.requests = UINT64_MAX;
    cluster.name = (char *)(uintptr_t) "cc";
    cluster.cores = UINT32_MAX;
    idle.cluster = down.cluster = other.cluster = cluster.name;
    idle.state = other.state = (char *)(uintptr_t) "idle";
    down.state = (char *)(uintptr_t) "down";
    idle.memory = 5;
    other.memory = 6;
    quota.institution = (char *)(uintptr_t) "uni";
    quota.available = -1500001;
    quota.charged = INT64_MIN;
    clusters.clusters = cluster_list;
    clusters.n_clusters = 1;
    nodes.nodes = node_list;
    nodes.n_nodes = 3;
    quotas.rows = quota_list;
    quotas.n_rows = 1;
    metrics_print(&(struct metrics_source){&status, &clusters, &nodes, &quotas}, page);
}

static void test_samples(void)
{
    CLEANUP(buffer_clear) struct buffer page;

    buffer_init(&page);
    print_sample(&page);
    CU_ASSERT(has_line(&page, "tequio_scheduler_info{version=\"1 \\\"x\\\\y\\\"\\nz\","
                              "state=\"normal\"} 1"));
    CU_ASSERT(has_line(&page, "tequio_scheduler_start_time_seconds 1700000000.000001"));
    CU_ASSERT(has_line(&page, "tequio_requests_total 18446744073709551615"));
    CU_ASSERT(has_line(&page, "tequio_cluster_cores{cluster=\"cc\",institution=\"\"} 4294967295"));
    CU_ASSERT(has_line(&page, "tequio_nodes{cluster=\"cc\",state=\"idle\"} 2"));
    CU_ASSERT(has_line(&page, "tequio_nodes{cluster=\"cc\",state=\"down\"} 1"));
    CU_ASSERT(has_line(&page, "tequio_nodes_memory_bytes{cluster=\"cc\",state=\"idle\"} 11"));
    CU_ASSERT(has_line(&page, "tequio_available_service_units{institution=\"uni\",project=\"\"} "
                              "-1.500001"));
    CU_ASSERT(has_line(&page, "tequio_charged_service_units{institution=\"uni\",project=\"\"} "
                              "-9223372036854.775808"));
}

static void test_nothing_there(void)
{
    CLEANUP(buffer_clear) struct buffer page;
    Wire__Status status = WIRE__STATUS__INIT;
    Wire__ClusterListing clusters = WIRE__CLUSTER_LISTING__INIT;
    Wire__NodeListing nodes = WIRE__NODE_LISTING__INIT;
    Wire__QuotaTable quotas = WIRE__QUOTA_TABLE__INIT;

    buffer_init(&page);
    metrics_print(&(struct metrics_source){&status, &clusters, &nodes, &quotas}, &page);
    CU_ASSERT(has_line(&page, "# TYPE tequio_nodes gauge"));
    CU_ASSERT_PTR_NULL(strstr(page.bytes, "tequio_nodes{"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"samples",       test_samples      },
        {"nothing there", test_nothing_there},
        CU_TEST_INFO_NULL,
    };

    return run_suite("metrics", tests);
}
