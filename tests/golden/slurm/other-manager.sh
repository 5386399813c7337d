#!/bin/bash
#PBS -l nodes=2:ppn=8
#PBS -N old
./work
