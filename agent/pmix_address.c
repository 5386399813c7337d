/* pmix_address.c - under which addresses other nodes may reach this one */

#include "agent/pmix_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

static bool is_usable(const struct ifaddrs *interface, bool loopback)
{
    const struct sockaddr_in6 *six = (const void *)interface->ifa_addr;

    if (!six || !(interface->ifa_flags & IFF_UP) ||
        ((interface->ifa_flags & IFF_LOOPBACK) != 0) != loopback)
        return false;
    return six->sin6_family == AF_INET ||
           (six->sin6_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr));
}

static void print_interfaces(const struct ifaddrs *all, bool loopback, const char *port,
                             struct buffer *text)
{
    for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
        const struct sockaddr_in *four = (const void *)one->ifa_addr;
        const struct sockaddr_in6 *six = (const void *)one->ifa_addr;
        char address[INET6_ADDRSTRLEN] = "";

        if (!is_usable(one, loopback))
            continue;
        if (six->sin6_family == AF_INET6)
            inet_ntop(AF_INET6, &six->sin6_addr, address, sizeof(address));
        else
            inet_ntop(AF_INET, &four->sin_addr, address, sizeof(address));
        buffer_print(text, six->sin6_family == AF_INET6 ? "%stcp://[%s]%s" : "%stcp://%s%s",
                     text->length > 0 ? "," : "", address, port);
    }
}

bool pmix_address_print(const char *port, struct buffer *text, struct error *err)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) != 0)
        return fail_errno(err, "find this node's addresses");
    print_interfaces(all, false, port, text);
    if (text->length == 0)
        print_interfaces(all, true, port, text);
    freeifaddrs(all);
    return true;
}
