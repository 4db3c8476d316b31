/* survey_event.h: the name under which answers to surveys come. */
#ifndef QUERY_SURVEY_EVENT_H
#define QUERY_SURVEY_EVENT_H
#define SURVEY_ANSWERED "Survey Answered"
#endif
