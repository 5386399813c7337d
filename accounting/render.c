/* render.c - the table of a report's files */

#include "accounting/render.h"

#include "accounting/people.h"
#include "accounting/rates.h"

const struct render renders[] = {
    {"R01.csv",        render_summary_csv   },
    {"R02.csv",        render_projects_csv  },
    {"R03.csv",        render_users_csv     },
    {"R04.csv",        render_items_csv     },
    {"R07.csv",        render_clusters_csv  },
    {"R08.csv",        render_waits_csv     },
    {"R09.csv",        render_efficiency_csv},
    {"R15.csv",        render_corrections   },
    {"leaves.txt",     render_leaves        },
    {RATES_NAME,       render_rates         },
    {PEOPLE_NAME,      render_people        },
    {CHECKPOINT_NAME,  render_checkpoint    },
    {PROOFS_NAME,      render_proofs        },
    {"report.en.html", render_html_english  },
    {"report.es.html", render_html_spanish  },
    {"report.en.pdf",  render_pdf_english   },
    {"report.es.pdf",  render_pdf_spanish   },
    {"report.json",    render_json          },
    {"report.txt",     render_text          },
};
void render_checkpoint(const struct report *report, struct buffer *buffer)
{
    checkpoint_print(&report->proofs.checkpoint, buffer);
}

void render_proofs(const struct report *report, struct buffer *buffer)
{
    proofs_print(&report->proofs, buffer);
}

const size_t render_count = COUNT_OF(renders);
