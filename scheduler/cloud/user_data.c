/* user_data.c - what a server gets to know at its first boot */

#include "scheduler/cloud/user_data.h"

#include "base/memory.h"

#include <string.h>

static const char usual[] = "#cloud-config\n"
                            "write_files:\n"
                            "- path: /etc/tequio/scheduler.pub\n"
                            "  content: \"@SCHEDULER_KEY@\\n\"\n"
                            "- path: /etc/tequio/node.token\n"
                            "  permissions: \"0600\"\n"
                            "  content: \"@TOKEN@\\n\"\n"
                            "- path: /etc/tequio/agent.conf\n"
                            "  content: |\n"
                            "    scheduler = \"@SCHEDULER@\"\n"
                            "    scheduler-key-file = \"/etc/tequio/scheduler.pub\"\n"
                            "    node = \"@NODE@\"\n"
                            "    token-file = \"/etc/tequio/node.token\"\n"
                            "    launcher = \"/run/tequio-launcher/launcher.socket\"\n"
                            "runcmd:\n"
                            "- chown tequio: /etc/tequio/node.token\n"
                            "- systemctl enable --now tequio-launcher tequio-agent\n";

static const char *value_of(const struct user_data *data, const char *word, size_t length)
{
    const struct {
        const char *word, *value;
    } words[] = {
        {"@NODE@",          data->node         },
        {"@CLUSTER@",       data->cluster      },
        {"@SCHEDULER@",     data->scheduler    },
        {"@SCHEDULER_KEY@", data->scheduler_key},
        {"@TOKEN@",         data->token        },
    };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0)
            return words[i].value;
    return NULL;
}

void user_data_print(const char *template, const struct user_data *data, struct buffer *text)
{
    const char *place = template ? template : usual;
    const char *word;

    while ((word = strchr(place, '@'))) {
        const char *end = strchr(word + 1, '@');
        const char *value = end ? value_of(data, word, (size_t)(end - word) + 1) : NULL;

        buffer_add(text, place, (size_t)(word - place));
        if (value)
            buffer_add_text(text, value);
        else
            buffer_add_char(text, '@');
        place = value ? end + 1 : word + 1;
    }
    buffer_add_text(text, place);
}
