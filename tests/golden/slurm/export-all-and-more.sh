#!/bin/bash
#SBATCH --export=ALL,CASE=a=b
./case
