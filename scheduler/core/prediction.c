/* prediction.c - how long a user's next job will run: about as long as the last two */

#include "scheduler/core/prediction.h"

#include <stdlib.h>

#define DIGITS 3 /* binary, that are kept */

struct habit {
    int64_t run_us[2]; /* of the last two, the latest first; 0: there is none */
};

void predictions_init(struct predictions *predictions)
{
    predictions->users = table_new();
}

void predictions_clear(struct predictions *predictions)
{
    struct habit *habit;
    size_t place = 0;

    while ((habit = table_next(predictions->users, &place)))
        free(habit);
    table_free(predictions->users);
}

void predictions_note(struct predictions *predictions, const char *user, int64_t run_us)
{
    struct habit *habit = table_get_text(predictions->users, user);

    if (!habit) {
        habit = NEW(struct habit);
        table_put_text(predictions->users, user, habit);
    }
    habit->run_us[1] = habit->run_us[0];
    habit->run_us[0] = run_us > 0 ? run_us : 1;
}

/* Down to the nearest number of so many digits. */
static int64_t shorten(int64_t value)
{
    unsigned zeros = 0;

    while (value >> zeros >= 1 << DIGITS)
        zeros++;
    return value >> zeros << zeros;
}

int64_t predictions_get(const struct predictions *predictions, const char *user, int64_t limit_us)
{
    const struct habit *habit = table_get_text(predictions->users, user);
    int64_t mean_us;

    if (!habit)
        return 0;
    mean_us = habit->run_us[0];
    if (habit->run_us[1] > 0)
        mean_us = mean_us / 2 + habit->run_us[1] / 2;
    mean_us = shorten(mean_us > 0 ? mean_us : 1);
    return mean_us < limit_us ? mean_us : limit_us;
}
