/* commands.c - what people type, for what their programs ask */

#include "proto/message.h"

#include "base/memory.h"

static const struct {
    Wire__Envelope__BodyCase kind;
    const char *command;
} commands[] = {
    {WIRE__ENVELOPE__BODY_ENROL,              "tequio enroll"         },
    {WIRE__ENVELOPE__BODY_TOKEN_CREATE,       "tequio key token"      },
    {WIRE__ENVELOPE__BODY_KEY_LIST,           "tequio key list"       },
    {WIRE__ENVELOPE__BODY_KEY_REVOKE,         "tequio key revoke"     },
    {WIRE__ENVELOPE__BODY_SUBMIT,             "tequio submit"         },
    {WIRE__ENVELOPE__BODY_JOB_CHANGE,         "changing jobs"         },
    {WIRE__ENVELOPE__BODY_JOB_LIST,           "tequio queue"          },
    {WIRE__ENVELOPE__BODY_JOB_SHOW,           "tequio show"           },
    {WIRE__ENVELOPE__BODY_JOB_WHY,            "tequio why"            },
    {WIRE__ENVELOPE__BODY_JOB_WAIT,           "tequio wait"           },
    {WIRE__ENVELOPE__BODY_OUTPUT_READ,        "tequio logs"           },
    {WIRE__ENVELOPE__BODY_BINDING_ASK,        "showing a binding"     },
    {WIRE__ENVELOPE__BODY_NODE_LIST,          "tequio nodes"          },
    {WIRE__ENVELOPE__BODY_NODE_CHANGE,        "tequio drain or resume"},
    {WIRE__ENVELOPE__BODY_CLUSTER_LIST,       "tequio clusters"       },
    {WIRE__ENVELOPE__BODY_STATUS_ASK,         "tequio admin status"   },
    {WIRE__ENVELOPE__BODY_INSTITUTION_ADD,    "tequio institution add"},
    {WIRE__ENVELOPE__BODY_PROJECT_ADD,        "tequio project add"    },
    {WIRE__ENVELOPE__BODY_USER_ADD,           "tequio user add"       },
    {WIRE__ENVELOPE__BODY_REGISTER_ASK,       "listing the register"  },
    {WIRE__ENVELOPE__BODY_REGISTER_CHANGE,    "changing the register" },
    {WIRE__ENVELOPE__BODY_GRANT_ADD,          "tequio grant add"      },
    {WIRE__ENVELOPE__BODY_GRANT_CHANGE,       "changing a grant"      },
    {WIRE__ENVELOPE__BODY_GRANTS_ASK,         "tequio grant list"     },
    {WIRE__ENVELOPE__BODY_REFUND,             "tequio refund"         },
    {WIRE__ENVELOPE__BODY_USAGE_ASK,          "tequio usage"          },
    {WIRE__ENVELOPE__BODY_QUOTA_ASK,          "tequio quota"          },
    {WIRE__ENVELOPE__BODY_REPORT_ASK,         "tequio report"         },
    {WIRE__ENVELOPE__BODY_PRIVACY_ERASE,      "tequio privacy erase"  },
    {WIRE__ENVELOPE__BODY_PRIVACY_LOG_ASK,    "tequio privacy log"    },
    {WIRE__ENVELOPE__BODY_BACKUP_MAKE,        "tequio admin backup"   },
    {WIRE__ENVELOPE__BODY_STORE_CHECK,        "tequio admin check"    },
    {WIRE__ENVELOPE__BODY_PRIORITY_ASK,       "tequio priority"       },
    {WIRE__ENVELOPE__BODY_SHARE_ASK,          "tequio share"          },
    {WIRE__ENVELOPE__BODY_SHARE_SET,          "tequio share set"      },
    {WIRE__ENVELOPE__BODY_RESERVATION_ASK,    "tequio reservation"    },
    {WIRE__ENVELOPE__BODY_RESERVATION_SET,    "changing a reservation"},
    {WIRE__ENVELOPE__BODY_RESERVATION_REMOVE, "removing a reservation"},
    {WIRE__ENVELOPE__BODY_LIMITS_ASK,         "tequio limit"          },
    {WIRE__ENVELOPE__BODY_LIMIT_SET,          "tequio limit set"      },
    {WIRE__ENVELOPE__BODY_QOS_ASK,            "tequio qos"            },
};

const char *message_command(Wire__Envelope__BodyCase body)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (commands[i].kind == body)
            return commands[i].command;
    return message_name(body);
}
